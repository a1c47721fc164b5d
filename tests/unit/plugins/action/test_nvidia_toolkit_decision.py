# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.distrain.cluster.plugins.action.nvidia_toolkit_decision import problem_sentences
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import INSTALLATION

ADDRESSES = [f"0000:{bus}:00.0" for bus in ("17", "2a", "3b", "44", "5d", "9a", "ab", "db")]
LOST = ADDRESSES[2]
MISSING = [one for one in ADDRESSES if one != LOST]
HANDLE = "Unable to determine the device handle for GPU 0000:3B:00.0: Unknown Error"


def gpu(address: str, device: str = "0x2335", driver: str = "nvidia") -> dict[str, str]:
    return {"pci_address": address, "device_id": device, "driver": driver}


def listed(count: int) -> str:
    return "\n".join(f"GPU {number}: NVIDIA H200 (UUID: GPU-{number})" for number in range(count))


BUS = [gpu(address) for address in ADDRESSES]


def test_the_role_refuses_errors_alone() -> None:
    working = {"rc": 0, "said": listed(8)}
    observed = {"has_gpu": True, "gpus": [*BUS, gpu("0000:01:00.0", "0x1f82", "")], "driver_gpus": ADDRESSES}
    observed["driver_installation"] = INSTALLATION
    assert problem_sentences({**observed, "nvidia_smi": working}) == []
    broken = {"rc": 0, "said": f"{listed(7)}\n{HANDLE}"}
    (problem,) = problem_sentences({**observed, "driver_gpus": MISSING, "nvidia_smi": broken})
    assert LOST in problem
    assert HANDLE in problem
    assert problem_sentences({"has_gpu": False}) == []
