# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: whether a host gets the open or the proprietary kernel module of NVIDIA's driver, by its GPUs.

The open module needs the GPU's own processor (GSP), which came with Turing, and is what NVIDIA recommends from its
driver 560 on; Grace Hopper and Blackwell need it; the proprietary one is gone from 620 on, and Maxwell, Pascal and
Volta from the drivers after 580:
U(https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/kernel-modules.html),
U(https://developer.nvidia.com/blog/nvidia-transitions-fully-towards-open-source-gpu-kernel-modules/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import OPEN, PROPRIETARY

AUTO = "auto"
# PCI device IDs grow from one generation to the next.
FIRST_OF_TURING, FIRST_OF_BLACKWELL = 0x1E00, 0x2900
GRACE_HOPPER = frozenset({0x2342, 0x2345, 0x2348})
OPEN_IS_DEFAULT, OPEN_ALONE, LAST_BEFORE_TURING = 560, 620, 580


def branch_of(version: str) -> int:
    """Return the branch of a driver, 580 of C(580.95.05); 0 where it is no version."""
    first = version.partition(".")[0]
    return int(first) if first.isascii() and first.isdigit() and len(first) == 3 else 0


def choose_module(wanted: str, gpus: Sequence[Mapping[str, Any]], version: str) -> str:
    """Return OPEN or PROPRIETARY; ``wanted`` is one of these or AUTO. Raises PlanError where none serves all GPUs."""
    devices, branch = [int(one["device_id"], 16) for one in gpus], branch_of(version)
    older = [_shown(one) for one in devices if one < FIRST_OF_TURING]
    open_alone = [_shown(one) for one in devices if one >= FIRST_OF_BLACKWELL or one in GRACE_HOPPER]
    if older and open_alone:
        raise PlanError(
            f"This host has GPUs that need the proprietary module ({_listed(older)}), and others that need the open "
            f"one ({_listed(open_alone)}): no driver serves both. Take the ones or the others out."
        )
    if older and branch > LAST_BEFORE_TURING:
        raise PlanError(
            f"Its GPUs {_listed(older)} are older than Turing, which {LAST_BEFORE_TURING} is the last driver for, and "
            f"nvidia_driver_version is {version}. Choose a version of {LAST_BEFORE_TURING} or older."
        )
    if wanted == AUTO:
        return _by_generation(devices, bool(older), bool(open_alone), branch)
    if wanted == OPEN and older:
        raise PlanError(
            f"nvidia_driver_module is open, which needs Turing or newer, and its GPUs {_listed(older)} are older: set "
            "it to auto or proprietary."
        )
    if wanted == PROPRIETARY and (open_alone or branch >= OPEN_ALONE):
        reason = f"its GPUs {_listed(open_alone)} need" if open_alone else f"the driver {version} has nothing but"
        raise PlanError(f"nvidia_driver_module is proprietary, and {reason} the open module: set it to auto or open.")
    return wanted


def _by_generation(devices: Sequence[int], has_older: bool, needs_open: bool, branch: int) -> str:
    if not devices:
        raise PlanError(
            "No GPU of this host is on its PCI bus, so that nothing says which kernel module it needs: set "
            "nvidia_driver_module to open (Turing and newer) or proprietary."
        )
    if needs_open or branch >= OPEN_ALONE:
        return OPEN
    return OPEN if not has_older and branch >= OPEN_IS_DEFAULT else PROPRIETARY


def _shown(device: int) -> str:
    return f"10de:{device:04x}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
