#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: doctor_decision
version_added: "1.0.0"
short_description: Say everything that is wrong with a cluster, each with its remedy
description:
  - From what M(distrain.cluster.host_info), M(distrain.cluster.docker_info), M(distrain.cluster.nvidia_toolkit_info),
    M(distrain.cluster.image_info), M(distrain.cluster.trainer_jobs_info) and M(distrain.cluster.network_probe) returned
    on every host, registered by the role doctor, and the findings of M(distrain.cluster.preflight_decision).
  - Prints a table of the hosts, the findings with their remedies, and a line for each difference between hosts, and
    keeps all of it in C(doctor.json). What could not be observed is a finding too.
  - Fails where the worst finding is at least as severe as C(doctor_fail_on).
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
options:
  stage:
    description: V(overlay) decides only which hosts can measure the overlay network; V(end) everything else.
    type: str
    choices: [overlay, end]
    default: end
"""

EXAMPLES = r"""
- name: Say what is wrong
  distrain.cluster.doctor_decision:
  register: doctor_decision
  run_once: true
"""

RETURN = r"""
findings:
  description: The findings, worst first; severity is error, warning or note.
  returned: with O(stage=end)
  type: list
  elements: dict
  sample: [{host: gpu-02, severity: error, subject: docker.service, found: does not answer, remedy: Start it.}]
differences:
  description: What differs between hosts that should be alike, with the hosts of each value.
  returned: with O(stage=end)
  type: list
  elements: dict
  sample:
    - subject: engine
      severity: warning
      values: [{value: 26.1.5, hosts: [gpu-01]}, {value: 28.5.2, hosts: [gpu-02]}]
      remedy: Upgrade the older engines, host after host.
counts:
  description: How many findings and differences there are of each severity.
  returned: with O(stage=end)
  type: dict
  sample: {error: 1, warning: 0, note: 2}
worst:
  description: The worst severity of all; empty for none.
  returned: with O(stage=end)
  type: str
  sample: error
hosts:
  description: How each host stands, in words.
  returned: with O(stage=end)
  type: dict
  sample: {gpu-01: {engine: 26.1.5, swarm: "manager, ready", gpus: "8", image: 0c1d2e3f4a5b, free: 84 GB}}
overlay:
  description:
    - The matrix of the overlay network, as M(distrain.cluster.overlay_decision) returns it; empty where it was
      not measured.
  returned: with O(stage=end)
  type: dict
  sample: {network: distrain, whole: true, matrix: [], problems: []}
carriers:
  description: The hosts whose keepalive containers can be asked; none where there are fewer than two.
  returned: with O(stage=overlay)
  type: list
  elements: str
  sample: [gpu-01, gpu-02]
endpoints:
  description: Their names on the overlay network, as M(distrain.cluster.network_probe) takes them.
  returned: with O(stage=overlay)
  type: list
  elements: dict
  sample: [{network: distrain, host: gpu-01, name: distrain-keepalive-gpu-01}]
"""
