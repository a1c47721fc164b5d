# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GPUs that the bus has and the driver has not, and a driver that was updated without a restart."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.presence import broken_gpus, gpu_problems
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import INSTALLATION

ADDRESSES = [f"0000:{bus}:00.0" for bus in ("17", "2a", "3b", "44", "5d", "9a", "ab", "db")]
LOST = ADDRESSES[2]
MISMATCH = "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.1"
HANDLE = "Unable to determine the device handle for GPU 0000:3B:00.0: Unknown Error"


def gpu(address: str, device: str = "0x2335", driver: str = "nvidia") -> dict[str, str]:
    return {"pci_address": address, "device_id": device, "driver": driver}


def listed(count: int) -> str:
    return "\n".join(f"GPU {number}: NVIDIA H200 (UUID: GPU-{number})" for number in range(count))


NO_DRIVER = {**INSTALLATION, "module_version": "", "sources": [], "packages": []}
BUS = [gpu(address) for address in ADDRESSES]
MISSING = [one for one in ADDRESSES if one != LOST]


def judged(bus: Any = BUS, driver: Any = ADDRESSES, rc: int | None = 0, said: str = listed(8)) -> list[tuple[str, str]]:
    return [(one.severity, f"{one.found} {one.remedy}") for one in gpu_problems(bus, driver, rc, said, NO_DRIVER)]


def test_eight_that_work() -> None:
    assert judged() == []
    assert judged(driver=None) == []
    assert judged(bus=[], driver=[], said=listed(1)) == []


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        ({"rc": 18, "said": MISMATCH}, "error", "Restart the host"),
        ({"rc": 0, "said": f"{listed(2)}\n{HANDLE}\n{listed(5)}"}, "error", "journalctl -k"),
        (
            {
                "rc": 0,
                "said": f"{listed(7)}\nUnable to determine the device handle for GPU2: 0000:3B:00.0: GPU is lost.",
            },
            "error",
            LOST,
        ),
        ({"driver": MISSING, "said": listed(7)}, "error", f"cannot use {LOST}"),
        (
            {"bus": [*BUS, gpu("0000:01:00.0", "0x1f82", "nouveau")]},
            "warning",
            "0000:01:00.0 (bound to the driver nouveau)",
        ),
        ({"bus": [*BUS, gpu("0000:01:00.0", driver="vfio-pci")]}, "note", "Nothing to do"),
        (
            {"driver": [], "rc": 9, "said": "NVIDIA-SMI has failed because it couldn't communicate"},
            "error",
            "Install NVIDIA's driver",
        ),
        ({"rc": 9, "said": "NVIDIA-SMI has failed because"}, "error", "the driver is loaded; nvidia-smi -L says"),
        ({"rc": None, "said": "nothing for 60 s"}, "error", "nothing for 60 s"),
        ({"rc": 15, "said": f"{HANDLE}\n"}, "error", LOST),
    ],
)
def test_what_does_not_work(changes: dict[str, Any], severity: str, words: str) -> None:
    ((found, said),) = judged(**changes)
    assert found == severity
    assert words in said


def test_addresses_of_a_long_domain_are_the_same() -> None:
    assert broken_gpus("Unable to determine the device handle for GPU 00000000:3B:00.0: Unknown Error") == [LOST]
