# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the GPUs of a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight import gpu_problems as host_gpus


def gpu_problems(observed: Mapping[str, Any], rc: int | None, said: str) -> list[str]:
    """A sentence for each GPU that does not work, or for the driver; notes and warnings are left to the preflight."""
    problems = host_gpus.gpu_problems(observed.get("gpus") or (), observed.get("driver_gpus"), rc, said)
    return [f"{one.found.rstrip('.')}. {one.remedy.rstrip('.')}." for one in problems if one.severity == "error"]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gpu_problems": gpu_problems}
