# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which GPUs a container has, by what its engine says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

EVERY_GPU = "all"
CDI_KIND = "nvidia.com/gpu"


def claimed_gpus(container: Mapping[str, Any]) -> list[str]:
    """Return the names of the GPUs of an inspected container: numbers, UUIDs, MIG devices, or C(all)."""
    requests = (container.get("HostConfig") or {}).get("DeviceRequests") or []
    found = [name for request in requests for name in _names(request)]
    return [EVERY_GPU] if EVERY_GPU in found else list(dict.fromkeys(found))


def _names(request: Mapping[str, Any]) -> list[str]:
    devices = [str(device) for device in request.get("DeviceIDs") or []]
    if request.get("Driver") == "cdi":
        return [name for kind, _equals, name in (one.partition("=") for one in devices) if kind == CDI_KIND]
    is_gpu = any("gpu" in words for words in request.get("Capabilities") or [])
    return (devices or [EVERY_GPU]) if is_gpu else []


def is_claimed(gpu: Mapping[str, Any], claimed: Sequence[str]) -> bool:
    """Return whether a GPU is among these. A MIG device 0:1 is a part of GPU 0; which has one by UUID is not known."""
    names = [name.partition(":")[0] for name in claimed]
    is_any = EVERY_GPU in names or any(name.startswith("MIG-") for name in names)
    return is_any or str(gpu["index"]) in names or gpu["uuid"] in names
