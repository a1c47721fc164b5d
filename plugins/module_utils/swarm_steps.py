# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the swarm modules have in common when they observe and when they leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.engine import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.errors import TimedOut
from ansible_collections.distrain.cluster.plugins.module_utils.host_ports import listening_ports
from ansible_collections.distrain.cluster.plugins.module_utils.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.swarm_plan import refuse_taken_gossip_port
from ansible_collections.distrain.cluster.plugins.module_utils.swarm_state import Membership
from ansible_collections.distrain.cluster.plugins.module_utils.wait import wait_until

GOSSIP_PORT = 7946
GOSSIP_SECONDS = 10


def observe_membership(engine: Engine, params: Mapping[str, Any]) -> Membership:
    # Only for an engine on this host do the host's own ports say anything.
    is_local = params["docker_host"].startswith("unix:")
    return Membership.from_info(engine.info(), gossip_port_taken=is_local and GOSSIP_PORT in listening_ports())


def leave(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    """Leave; and where the host is to be in a swarm next, do not go on before the engine has let its port go."""
    engine.leave_swarm(step.arguments["force"])
    if params["state"] == "absent":
        return
    try:
        wait_until(
            lambda: observe_membership(engine, params),
            lambda membership: not membership.gossip_port_taken,
            lambda membership: "the engine still listens at its port for gossip.",
            GOSSIP_SECONDS,
        )
    except TimedOut:
        refuse_taken_gossip_port(observe_membership(engine, params))
