#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: network_probe
version_added: "1.0.0"
short_description: Measure the network from this host to all others
description:
  - Asks the ports of a swarm on every other host, all at once, and measures delay, the difference of the clocks, the
    path MTU with packets that may not be divided, and the throughput of one TCP stream at a time.
  - On all hosts M(distrain.cluster.network_listen) has to listen before.
  - Needs nothing but Python on the host.
extends_documentation_fragment:
  - distrain.cluster.probe
  - distrain.cluster.engine.socket
  - distrain.cluster.attributes.info
options:
  host:
    description: The inventory name of this host.
    type: str
    required: true
  token:
    description: The secret that M(distrain.cluster.network_listen) was given on all hosts.
    type: str
    required: true
  listeners:
    description: What M(distrain.cluster.network_listen) returned, by the inventory name of the host.
    type: dict
    required: true
  throughput_seconds:
    description: How long each stream lasts, in seconds; V(0) measures no throughput.
    type: float
    default: 0.3
  throughput_bytes:
    description: How many bytes a stream has at most.
    type: int
    default: 4000000000
  timeout:
    description: After how many seconds it stops measuring.
    type: float
    default: 20
  settle:
    description:
      - Until how many seconds it asks again what has not answered, as a busy host or a new overlay network does not at
        once.
    type: float
    default: 6
seealso:
  - module: distrain.cluster.network_listen
"""

EXAMPLES = r"""
- name: Measure the network to all other hosts
  distrain.cluster.network_probe:
    host: "{{ inventory_hostname }}"
    endpoints: "{{ endpoints }}"
    listeners: "{{ listeners }}"
    token: "{{ token }}"
  register: probed
"""

RETURN = r"""
measurements:
  description: One entry for each other host in each network that this host is in.
  returned: success
  type: list
  elements: dict
  contains:
    source: {description: This host., type: str, sample: gpu-01}
    target: {description: The other host., type: str, sample: gpu-02}
    network: {description: The network., type: str, sample: 192.0.2.0/24}
    ports:
      description:
        - Of each port C(open), C(refused), C(timeout), C(unreachable), C(other host NAME) where another host than the
          target answers, or C(taken) where another program of the target has the UDP port, so that it is not known.
        - The ports C(measure/tcp) and C(measure/udp) are those that the kernel chose.
      type: dict
      sample: {"2377/tcp": open, "7946/tcp": open, "7946/udp": open, "4789/udp": timeout}
    answered_by: {description: The host that answered; V(none) where none did., type: str, sample: gpu-02}
    address: {description: The address at which the other host listens., type: str, sample: 192.0.2.12}
    resolved: {description: The address of the name; V(none) where none was asked or found., type: str, sample: null}
    mtu: {description: The MTU of this host's interface there., type: int, sample: 1500}
    path_mtu: {description: The largest IP packet that crosses undivided., type: int, sample: 1500}
    rtt_ms: {description: "The delay there and back, in milliseconds.", type: float, sample: 0.12}
    mbits: {description: The throughput in Mbit/s; V(none) where it was not measured., type: float, sample: 9412.3}
    clock_offset_s: {description: "How far the target's clock is ahead, in seconds.", type: float, sample: 0.001}
received_from:
  description: The hosts whose questions arrived at this host, as far as it knows.
  returned: success
  type: list
  elements: str
  sample: [gpu-02]
notified:
  description: The hosts whose listeners know that this host has finished.
  returned: success
  type: list
  elements: str
  sample: [gpu-01, gpu-02]
seconds:
  description: How long it took.
  returned: success
  type: float
  sample: 1.4
"""

import time
from typing import TYPE_CHECKING

from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine
from ansible_collections.distrain.cluster.plugins.module_utils.probe import container as container_network
from ansible_collections.distrain.cluster.plugins.module_utils.probe.options import COMMON_OPTIONS, own_endpoints
from ansible_collections.distrain.cluster.plugins.module_utils.probe.run import BULK_BYTES, Settings, measure
from ansible_collections.distrain.cluster.plugins.module_utils.probe.targets import read_endpoints

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ARGUMENT_SPEC = {
    **COMMON_OPTIONS,
    "host": {"type": "str", "required": True},
    "token": {"type": "str", "required": True, "no_log": True},
    "listeners": {"type": "dict", "required": True},
    "throughput_seconds": {"type": "float", "default": 0.3},
    "throughput_bytes": {"type": "int", "default": 4_000_000_000},
    "timeout": {"type": "float", "default": 20},
    "settle": {"type": "float", "default": 6},
}
MODULE_OPTIONS = {"required_together": [("container", "container_network")]}


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    begun = time.monotonic()
    endpoints = read_endpoints(params["endpoints"])
    own = {one.network: one for one in own_endpoints(endpoints, params, container_network.enter)}
    located = [own[one.network] if one.host == params["host"] else one for one in endpoints]
    settings = Settings(
        token=params["token"],
        host=params["host"],
        deadline=begun + params["timeout"],
        settle_until=begun + params["settle"],
        throughput_seconds=params["throughput_seconds"],
        throughput_bytes=params["throughput_bytes"],
        bulk=BULK_BYTES if params["container"] else 0,
    )
    found = measure(located, params["listeners"], settings, container_network.resolve)
    return {**found, "seconds": round(time.monotonic() - begun, 2)}


def main() -> None:
    run_info_without_engine(observe, ARGUMENT_SPEC, MODULE_OPTIONS)


if __name__ == "__main__":
    main()
