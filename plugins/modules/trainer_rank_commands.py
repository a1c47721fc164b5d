#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_rank_commands
short_description: The commands that open a shell in a rank's container, and show its log as it grows
version_added: "1.0.0"
description:
  - From what M(distrain.cluster.trainer_jobs_info) returned on every host to the host of a rank, and to lines for a
    person's terminal on the controller.
  - A line is an C(ssh) with the address, port, user, key and options by which Ansible reaches the host, and C(docker
    exec) there, by C(sudo), C(su) or C(doas) where the play becomes root. For a host with the connection C(local) it is
    C(docker exec) alone. A password is no part of it.
  - The task has to have C(run_once), and connects to no host.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
options:
  job:
    description: The job's name.
    type: str
    required: true
  trainer:
    description: The trainer's name, the first part of the names of its containers.
    type: str
    required: true
  rank:
    description: The rank of a host, as the messages name it; the first host has V(0).
    type: int
    required: true
  hosts:
    description: The hosts that train, in the order of their ranks where no host knows the job.
    type: list
    elements: str
    required: true
  first_host:
    description: The host that has rank 0 then.
    type: str
    default: ""
  registered:
    description: The variable in which each host's result was registered.
    type: str
    required: true
  lines:
    description: From how many of its last lines on the log is shown.
    type: int
    default: 50
"""

EXAMPLES = r"""
- name: Find the commands for rank 1
  distrain.cluster.trainer_rank_commands:
    job: sft
    trainer: llama-factory
    rank: 1
    hosts: [gpu-01, gpu-02]
    registered: found
  register: commands
  run_once: true
"""

RETURN = r"""
host:
  description: The host that has the rank.
  returned: success
  type: str
  sample: gpu-02
container:
  description: The rank's container.
  returned: success
  type: str
  sample: llama-factory-gpu-02
shell:
  description: The line that opens a shell in the container.
  returned: success
  type: str
  sample: ssh -t -l ubuntu -- 192.0.2.12 'sudo docker exec -it llama-factory-gpu-02 bash'
log:
  description: The line that shows the rank's log and goes on as it grows.
  returned: success
  type: str
  sample: ssh -t -- 192.0.2.12 'sudo docker exec -it llama-factory-gpu-02 tail -n 50 -F /run/distrain/logs/sft/log'
"""
