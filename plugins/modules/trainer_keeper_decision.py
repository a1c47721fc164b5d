#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_keeper_decision
short_description: Describe a training job for its keeper
version_added: "1.0.0"
description:
  - Puts together what the keeper of a job and its hosts have to know, for M(distrain.cluster.trainer_keeper), by what
    the role trainer_launch has decided (C(trainer_launch_decision)), was told and has observed, and by what the keeper
    knows already (C(trainer_launch_keeper)).
  - A job that is started, or runs without a keeper that knows of it, gets new keys. They authenticate the keeper and
    the hosts to each other, for this job alone.
  - The task has to have C(run_once), and connects to no host. Its result has keys, and is never shown.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    details: It only decides.
options:
  plan:
    description: The choice of networks, line by line.
    type: list
    elements: str
    default: []
  network:
    description: The network over which the ranks meet.
    type: str
    default: ""
  collection_version:
    description: The version of this collection.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Describe the job for its keeper
  distrain.cluster.trainer_keeper_decision:
  register: given
  run_once: true
"""

RETURN = r"""
hosts:
  description:
    - For each host its part of the job as text, empty where it keeps what it has. A manager that keeps the job without
      a rank of its own has one too.
  type: dict
  returned: success
  sample: {gpu-01: "", gpu-02: ""}
keep:
  description: What the keeper has to know, as text; empty where it goes on with what it has.
  type: str
  returned: success
  sample: ""
keepers:
  description: The hosts that can keep the job; several where the swarm has three managers or more.
  type: list
  elements: str
  returned: success
  sample: [gpu-01, gpu-02, gpu-03]
several:
  description: Whether the managers of the swarm keep the job in turn.
  type: bool
  returned: success
  sample: true
options:
  description: The options by which the job is followed, as text.
  type: str
  returned: success
  sample: '{"max_restarts": 2}'
given:
  description: Whether the job is given to the keeper anew.
  type: bool
  returned: success
  sample: false
"""
