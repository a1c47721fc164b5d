#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_join
short_description: Make a host a node of a manager's swarm
version_added: "1.0.0"
description:
  - Has a host join the swarm of another host of the inventory, and waits until that manager lists it as Ready.
  - Whether the host is a member already is settled by asking the manager for its node ID, because an engine takes
    itself for an active node long after its swarm has ceased to exist.
  - A node of another swarm, or of a dead one, is refused, unless O(leave_foreign) is true.
  - The join token goes from the manager to the host through the controller's memory; it is fetched only when the host
    has to join, and appears in no result and no log.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes
attributes:
  check_mode:
    details: Where the manager has no swarm yet, the module reports that the host would join.
options:
  manager:
    description:
      - The inventory name of the manager that is asked. It is reached as C(delegate_to) would reach it, with the same
        O(docker_host).
    type: str
    required: true
  state:
    description:
      - V(present) joins, and promotes or demotes a member whose role differs from O(role).
      - V(absent) has the node drained, leaves, and takes it off the manager's list. A manager is demoted first.
      - With V(absent), a dead swarm of the manager itself is left without O(leave_foreign).
    type: str
    choices: [present, absent]
    default: present
  role:
    description: The role of the node.
    type: str
    choices: [worker, manager]
    default: worker
  leave_foreign:
    description: Leave another swarm, a dead one, or one that cannot be distinguished from those.
    type: bool
    default: false
  timeout:
    description:
      - How many seconds the node may take from the start of the task until the manager lists it as Ready.
      - A join that is not answered by then is withdrawn.
    type: int
    default: 120
  advertise_addr:
    description:
      - The address, or the name of the interface, at which the other nodes reach this one.
      - The engine chooses by default. An address that differs from the one of an existing member is refused.
    type: str
  listen_addr:
    description: The address and port at which the node listens should it be a manager.
    type: str
    default: 0.0.0.0:2377
  data_path_addr:
    description:
      - The address, or the name of the interface, that carries the overlay networks' data. The default is that of
        O(advertise_addr).
      - Takes effect when the host joins only, since the engine does not report it afterwards.
    type: str
  rejoin:
    description:
      - Have a member leave and join again where the address that it advertises is not the wanted one, or is on no
        interface of the host any more, or where its certificate has expired. Its old entry is taken off the list of the
        manager.
      - A manager is demoted first, which is refused where the swarm would lose its quorum.
    type: bool
    default: false
  manager_view:
    description:
      - What C(distrain.cluster.swarm_info) returned on O(manager) a moment ago. The manager is not asked again where
        this settles that the host is a member.
    type: dict
  join_token:
    description:
      - The secret with which the host joins. By default it is fetched from O(manager), if the host has to join.
    type: str
  remote_addrs:
    description: Internal, filled in from what O(manager) says. The addresses and ports of the managers.
    type: list
    elements: str
    default: []
  member_node_ids:
    description:
      - Internal, filled in from what O(manager) says. The IDs of all nodes of the swarm.
      - Not given where the manager is in no swarm or cannot be asked.
    type: list
    elements: str
  manager_hosts:
    description:
      - Internal, filled in from what O(manager) says. The addresses by which an earlier swarm of the manager is
        recognised.
    type: list
    elements: str
    default: []
seealso:
  - module: community.docker.docker_swarm
    description: >-
      Joins too, by a token and addresses that you pass on, and leaves any host alone that is a node of some swarm.
      Take it where the manager is no host of the inventory. This module asks the manager whether it knows the host's
      node ID, fetches the token only when it is needed, and waits until the node is Ready.
  - module: distrain.cluster.swarm_init
  - module: distrain.cluster.swarm_info
"""

EXAMPLES = r"""
- name: Join the swarm as a worker
  distrain.cluster.swarm_join:
    manager: gpu01
    advertise_addr: "{{ ansible_facts.default_ipv4.address }}"

- name: Join as a further manager, leaving whatever swarm the host was in
  distrain.cluster.swarm_join:
    manager: gpu01
    role: manager
    leave_foreign: true

- name: Join again where the address of the interface has changed
  distrain.cluster.swarm_join:
    manager: gpu01
    advertise_addr: 198.18.1.42
    rejoin: true

- name: Leave the swarm
  distrain.cluster.swarm_join:
    manager: gpu01
    state: absent
"""

RETURN = r"""
node_id:
  description: The node ID of the host; with O(state=absent) the one that it had. Empty where there was none.
  returned: success
  type: str
role:
  description: The role of the node, V(worker) or V(manager).
  returned: when the host is a node
  type: str
"""

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, EngineError, TimedOut
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.base.wait import wait_until
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.messages import explain_join_error
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.plan import JoinState, plan_join
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.steps import leave, observe_membership

ARGUMENT_SPEC = {
    "manager": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "role": {"type": "str", "choices": ["worker", "manager"], "default": "worker"},
    "leave_foreign": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 120},
    "advertise_addr": {"type": "str"},
    "listen_addr": {"type": "str", "default": "0.0.0.0:2377"},
    "data_path_addr": {"type": "str"},
    "rejoin": {"type": "bool", "default": False},
    "manager_view": {"type": "dict"},
    "join_token": {"type": "str", "no_log": True},
    "remote_addrs": {"type": "list", "elements": "str", "default": []},
    "member_node_ids": {"type": "list", "elements": "str"},
    "manager_hosts": {"type": "list", "elements": "str", "default": []},
}


class Join:
    """What a run of the module has to remember: the node ID that it got, which the manager's list cannot hold yet."""

    def __init__(self) -> None:
        self._gained: set[str] = set()
        self._first: Membership | None = None

    def observe(self, engine: Engine, params: Mapping[str, Any]) -> JoinState:
        membership = observe_membership(engine, params)
        self._first = self._first or membership
        known = params["member_node_ids"]
        return JoinState(
            membership=membership,
            member_node_ids=None if known is None else frozenset(known) | self._gained,
            manager_hosts=frozenset(params["manager_hosts"]),
        )

    def apply(self, engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
        if step.verb == "leave":
            leave(engine, step, params)
            return
        started = time.monotonic()
        _start_joining(engine, step, params)
        left = max(0, params["timeout"] - (time.monotonic() - started))
        self._gained.add(_wait_until_joined(engine, step, left).node_id)

    def report(self, state: JoinState, params: Mapping[str, Any]) -> dict[str, Any]:
        shown = self._first if params["state"] == "absent" and self._first else state.membership
        result = {"node_id": shown.node_id}
        if shown.node_id:
            result["role"] = shown.role
        return result


def _start_joining(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    try:
        engine.join_swarm(
            remote_addrs=step.arguments["remote_addrs"],
            join_token=step.secrets["join_token"],
            advertise_addr=params["advertise_addr"],
            listen_addr=params["listen_addr"],
            data_path_addr=params["data_path_addr"],
        )
    except EngineError as error:
        # After 20 seconds the engine gives an error and goes on trying: its own state distinguishes the two.
        if Membership.from_info(engine.info()).state not in ("pending", "active"):
            explained = explain_join_error(error.message, step.arguments["remote_addrs"])
            raise EngineError(explained, status=error.status, engine_said=error.message) from error


def _wait_until_joined(engine: Engine, step: Step, timeout: float) -> Membership:
    try:
        return wait_until(
            lambda: Membership.from_info(engine.info()),
            lambda membership: membership.state != "pending" and bool(membership.node_id),
            lambda membership: f"the engine says {membership.state} {membership.error}".rstrip() + ".",
            timeout,
        )
    except TimedOut as error:
        engine.leave_swarm(force=True)
        managers = ", ".join(step.arguments["remote_addrs"])
        raise ClusterError(
            f"This host could not join through {managers}, and the attempt was withdrawn. {error.message} "
            "Can it reach port 2377/tcp there, and do the clocks agree?"
        ) from error


def main() -> None:
    join = Join()
    run(Operation(join.observe, plan_join, join.apply, join.report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
