#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: overlay_network
short_description: Make an overlay network over the nodes of a swarm
version_added: "1.0.0"
description:
  - Makes or removes an overlay network. Runs on a manager.
  - A network that differs from what is wanted is reported key by key, and made anew with O(recreate) only, never
    under containers that use it.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes
attributes:
  check_mode:
    details: A manager sees containers on other hosts only while one of its own uses the network. Without one, only
      the run itself finds out that the network is in use.
options:
  name:
    description: The name of the network.
    type: str
    required: true
  state:
    description: Whether the network is to be there.
    type: str
    choices: [present, absent]
    default: present
  subnet:
    description:
      - The subnet, for example V(10.77.0.0/16). It must be free on every host.
      - Chosen by the engine, and not compared, by default.
    type: str
  gateway:
    description: The gateway's address within O(subnet), which it needs.
    type: str
  mtu:
    description:
      - The MTU, in bytes, of the interfaces that carry the overlay. The overlay driver subtracts its own 50 bytes.
      - Left to the engine, which takes 1500, and not compared, by default.
    type: int
  encrypted:
    description: Whether the data between the hosts is encrypted. Needs ESP in the kernel of every host.
    type: bool
    default: false
  attachable:
    description: Whether containers that belong to no service may use the network.
    type: bool
    default: true
  internal:
    description: Whether the network has no way out to other networks.
    type: bool
    default: false
  labels:
    description: The labels of the network; it has exactly these.
    type: dict
    default: {}
  recreate:
    description: Remove a network that differs, and make it anew. Refused while containers use it.
    type: bool
    default: false
seealso:
  - module: community.docker.docker_network
    description: >-
      Makes networks of every driver, and attaches containers. Take it for all but overlays. It makes a network anew
      where options differ; this module names each difference, and makes a network anew only where O(recreate) is set
      and nothing uses it on any node.
  - module: distrain.cluster.swarm_init
"""

EXAMPLES = r"""
- name: Make the network
  distrain.cluster.overlay_network:
    name: distrain
    subnet: 10.77.0.0/16

- name: Make it for interfaces with jumbo frames, anew if need be
  distrain.cluster.overlay_network:
    name: distrain
    subnet: 10.77.0.0/16
    mtu: 9000
    recreate: true
"""

RETURN = r"""
network:
  description: The network; empty where there is none.
  returned: success
  type: dict
  contains:
    id: {description: The network's ID., type: str}
    subnet: {description: Its subnet., type: str}
    gateway: {description: Its gateway., type: str}
    mtu: {description: "The MTU of the interfaces that carry it, where one was given, in bytes.", type: int}
    encrypted: {description: Whether its data is encrypted., type: bool}
    attachable: {description: Whether containers that belong to no service may use it., type: bool}
    internal: {description: Whether it has no way out., type: bool}
    labels: {description: Its labels., type: dict}
    attached:
      description: The containers and services that use it, those of other hosts with their address, as far as this
        manager sees.
      type: list
      elements: str
differences:
  description: By key, what was found and what is wanted.
  returned: when the network differs and O(recreate) is false
  type: dict
attached:
  description: The containers and services that use the network.
  returned: when the module refuses because of the network as it is
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.base.wait import wait_until
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.overlay.plan import (
    NetworkState,
    driver_options,
    plan_overlay_network,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.network import EngineNetwork
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership

ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "subnet": {"type": "str"},
    "gateway": {"type": "str"},
    "mtu": {"type": "int"},
    "encrypted": {"type": "bool", "default": False},
    "attachable": {"type": "bool", "default": True},
    "internal": {"type": "bool", "default": False},
    "labels": {"type": "dict", "default": {}},
    "recreate": {"type": "bool", "default": False},
}

REMOVAL_SECONDS = 30
ALLOCATION_SECONDS = 60


def observe(engine: Engine, params: Mapping[str, Any]) -> NetworkState:
    info = engine.info()
    membership = Membership.from_info(info)
    found = _allocated_network(engine, params["name"])
    others = [EngineNetwork.from_api(one) for one in engine.networks() if one["Name"] != params["name"]]
    return NetworkState(
        is_manager=membership.is_manager,
        network=EngineNetwork.from_api(found, membership.node_address) if found else None,
        others=others,
        nodes=(info.get("Swarm") or {}).get("Nodes") or 1,
    )


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    if step.verb == "remove":
        _remove(engine, step.arguments["id"], params["name"])
    else:
        wanted = step.arguments
        engine.create_overlay_network(
            name=params["name"],
            subnet=wanted["subnet"],
            gateway=wanted["gateway"],
            options=driver_options(wanted),
            labels=wanted["labels"],
            attachable=wanted["attachable"],
            internal=wanted["internal"],
        )


def report(state: NetworkState, params: Mapping[str, Any]) -> dict[str, Any]:
    network = state.network
    if network is None:
        return {"network": {}}
    found = {key: value for key, value in network.as_result().items() if key != "state"}
    return {"network": {"id": network.id, **found, "attached": list(network.attached)}}


def _allocated_network(engine: Engine, name: str) -> dict[str, Any] | None:
    """Return the network once it has a driver and a subnet; one that was just made is listed without them."""
    return wait_until(
        lambda: engine.network(name),
        lambda network: network is None or bool(network["Driver"]),
        lambda network: f"the manager lists the network {name}, and has given it no driver and no subnet.",
        ALLOCATION_SECONDS,
    )


def _remove(engine: Engine, network_id: str, name: str) -> None:
    try:
        engine.remove_network(network_id)
    except EngineError as error:
        # The swarm knows of containers on other hosts that this engine does not see.
        if "in use" in error.message or "active endpoints" in error.message:
            raise PlanError(
                f"Network {name} is in use by containers of this or another host, as the engine says: "
                f"{error.message}. Remove those containers first."
            ) from error
        raise
    wait_until(
        lambda: engine.network(name),
        lambda network: network is None,
        lambda network: f"network {name} is still there after its removal.",
        REMOVAL_SECONDS,
    )


def main() -> None:
    options = {"required_by": {"gateway": ["subnet"]}}
    run(Operation(observe, plan_overlay_network, apply, report, ARGUMENT_SPEC, options))


if __name__ == "__main__":
    main()
