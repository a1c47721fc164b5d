# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which hosts are nodes of another swarm than the first manager's.

A worker does not know which swarm it is in, so it is settled by its node's ID on the manager. A node of a dead
swarm says that it is active, and no manager lists it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Swarm = Mapping[str, Any]


def foreign_memberships(swarms: Mapping[str, Swarm | None], first_manager: str) -> Iterator[tuple[str, str]]:
    """Each such host with what was found; hosts without an engine are None, unobserved ones are left out."""
    if first_manager not in swarms:
        # Without its answer no membership can be judged.
        return
    manager = swarms[first_manager] or {}
    if _is_member(manager) and not manager["is_manager"]:
        yield first_manager, f"is a worker of a swarm{_managed_by(manager)}, and is to be the first manager"
        return
    for name, swarm in swarms.items():
        if not swarm or name == first_manager:
            continue
        if swarm["local_node_state"] == "locked":
            yield name, "is a manager of a locked swarm"
        elif _is_member(swarm) and not _is_member(manager):
            yield name, f"is a node of a swarm{_managed_by(swarm)}, and {first_manager} is in none"
        elif _is_member(swarm) and manager["node_ids"] and swarm["node_id"] not in manager["node_ids"]:
            yield name, f"is a node of another swarm than {first_manager}{_managed_by(swarm)}"


def _is_member(swarm: Swarm) -> bool:
    # A pending join has no node yet; swarm_join waits for it.
    return swarm.get("local_node_state") in {"active", "error", "locked"} and bool(swarm.get("node_id"))


def _managed_by(swarm: Swarm) -> str:
    managers = ", ".join(swarm.get("remote_managers") or ())
    return f" whose managers are {managers}" if managers else ""
