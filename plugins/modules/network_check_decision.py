#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: network_check_decision
version_added: "1.0.0"
short_description: Decide which containers check the networks on each host
description:
  - Reads C(network_check_arguments), C(network_check_observed) (of M(distrain.cluster.network_check_info)),
    C(fabric_observed) and C(nvidia_toolkit_gpu_count) of the hosts to check, and C(fabric_decision). It lays out the
    ranks and decides which container each host runs on each network.
  - Hosts that the run leaves out, hosts without the same image, running jobs, unknown networks, and sizes with which
    nothing can be measured are errors that name the host and the variable.
  - To be run with C(run_once), and registered as C(network_check_decision). In check mode it also says
    what would be measured.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Decide what each host runs
  distrain.cluster.network_check_decision:
  run_once: true
  register: network_check_decision
"""

RETURN = r"""
ranks:
  description: The host of each rank.
  returned: success
  type: list
  elements: str
  sample: [gpu-01, gpu-01, gpu-02]
backend:
  description: C(nccl) where every host has GPUs, else C(gloo).
  returned: success
  type: str
tunings:
  description: For each network the variables that are tried, by the name of the tuning, the library's default first.
  returned: success
  type: dict
hosts:
  description: What each host runs, by its name.
  returned: success
  type: dict
  contains:
    names:
      description: The names that the containers of the host have, on either network.
      type: list
      elements: str
    is_first: {description: Whether the host has the first rank., type: bool}
    containers:
      description: The parameters of the container for each network, as M(community.docker.docker_container) takes them.
      type: list
      elements: dict
"""
