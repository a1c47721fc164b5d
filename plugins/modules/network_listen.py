#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: network_listen
version_added: "1.0.0"
short_description: Answer the other hosts while they measure the network
description:
  - Starts a process on the host that answers M(distrain.cluster.network_probe) of the other hosts, and returns at once.
  - It listens at the given addresses only, at the ports of a swarm that are free and at one more of each protocol, and
    answers only who knows the token. It ends by itself, and leaves no file.
  - Needs nothing but Python on the host.
extends_documentation_fragment:
  - distrain.cluster.probe
  - distrain.cluster.engine.socket
  - distrain.cluster.attributes.info
attributes:
  check_mode:
    details: The host stays as it is, so it listens in check mode too.
options:
  state:
    description: V(absent) ends the process O(pid), where it has not ended by itself.
    type: str
    choices: [present, absent]
    default: present
  host:
    description: The inventory name of this host; it stands in every answer.
    type: str
  token:
    description: The secret of this run. It signs questions and answers, and does not cross the network.
    type: str
  lifetime:
    description:
      - After how many seconds the process ends, where not all hosts of O(endpoints) have said before that they have
        finished.
    type: float
    default: 120
  pid:
    description: The process to end.
    type: int
  data_path_port:
    description: The UDP port of the swarm's overlay networks, which is asked with the other ports of a swarm.
    type: int
    default: 4789
  keeper_port:
    description:
      - The TCP port at which hosts listen for the keeper of a training job, which is asked beside those of a swarm;
        V(0) for none.
    type: int
    default: 0
  features:
    description: Whether to try what the kernel can do for an overlay network too.
    type: bool
    default: false
seealso:
  - module: distrain.cluster.network_probe
"""

EXAMPLES = r"""
- name: Answer the other hosts
  distrain.cluster.network_listen:
    host: "{{ inventory_hostname }}"
    endpoints: "{{ endpoints }}"
    token: "{{ token }}"
  register: listening
"""

RETURN = r"""
pid:
  description: The process that listens.
  returned: O(state=present)
  type: int
  sample: 4711
ended:
  description: Whether the process was there to be ended.
  returned: O(state=absent)
  type: bool
  sample: true
listeners:
  description: Where it listens.
  returned: O(state=present)
  type: list
  elements: dict
  contains:
    network: {description: The network., type: str, sample: 192.0.2.0/24}
    address: {description: The address of the host there., type: str, sample: 192.0.2.11}
    mtu: {description: The MTU of the interface in bytes., type: int, sample: 1500}
    ports:
      description: Of each port of a swarm C(listening), C(taken) by another program, or why it is C(unavailable).
      type: dict
      sample: {"2377/tcp": listening, "7946/tcp": taken}
    measure:
      description: The ports beside them, one of each protocol.
      type: dict
      sample: {"tcp": 40123, "udp": 51234}
features:
  description: Whether the kernel has C(vxlan) and C(esp); V(none) where it could not be tried.
  returned: where O(features) asks for it
  type: dict
  sample: {"vxlan": true, "esp": false}
"""

from typing import TYPE_CHECKING

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.host.kernel import kernel_features
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine
from ansible_collections.distrain.cluster.plugins.module_utils.probe import background
from ansible_collections.distrain.cluster.plugins.module_utils.probe import container as container_network
from ansible_collections.distrain.cluster.plugins.module_utils.probe.options import COMMON_OPTIONS, own_endpoints
from ansible_collections.distrain.cluster.plugins.module_utils.probe.responder import Responder, listen
from ansible_collections.distrain.cluster.plugins.module_utils.probe.targets import (
    read_endpoints,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.ports import DATA_PATH_PORT, swarm_ports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ARGUMENT_SPEC = {
    **COMMON_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "lifetime": {"type": "float", "default": 120},
    "pid": {"type": "int"},
    "data_path_port": {"type": "int", "default": DATA_PATH_PORT},
    "keeper_port": {"type": "int", "default": 0},
    "features": {"type": "bool", "default": False},
}
MODULE_OPTIONS = {
    "required_if": [("state", "present", ("host", "token")), ("state", "absent", ("pid",))],
    "required_together": [("container", "container_network")],
}


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    if params["state"] == "absent":
        return {"ended": background.end(params["pid"])}
    if params["lifetime"] <= 0:
        raise PlanError(f"lifetime: found {params['lifetime']:g}. A listener lives for a number of seconds above 0.")
    endpoints = read_endpoints(params["endpoints"])
    # Before the container's network is entered: the kernel is the host's.
    features = {"features": kernel_features()} if params["features"] else {}
    own = own_endpoints(endpoints, params, container_network.enter)
    listeners = listen(own, () if params["container"] else swarm_ports(params["data_path_port"]), params["keeper_port"])
    responder = Responder(params["token"], params["host"], {one.host for one in endpoints}, params["lifetime"])
    pid = background.detach(
        lambda: responder.serve(listeners.sockets), keep=[one.fileno() for one in listeners.sockets]
    )
    return {"pid": pid, "listeners": listeners.rows, **features}


def main() -> None:
    run_info_without_engine(observe, ARGUMENT_SPEC, MODULE_OPTIONS)


if __name__ == "__main__":
    main()
