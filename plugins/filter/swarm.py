# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role swarm; each wraps a pure function of module_utils."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.swarm_need_plan import (
    carriers_of,
    host_needs,
    members_of,
    working_managers,
)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "swarm_carriers": carriers_of,
            "swarm_members": members_of,
            "swarm_needs": host_needs,
            "swarm_working_managers": working_managers,
        }
