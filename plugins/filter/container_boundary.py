# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps the host's own files out of the hands of a container."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.boundary import boundary_problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"boundary_problems": boundary_problems}
