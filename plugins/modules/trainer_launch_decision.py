#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_launch_decision
short_description: Decide what the role trainer_launch does on each host
version_added: "1.0.0"
description:
  - Compares the arguments of the role on every host with what M(distrain.cluster.trainer_info) observed there, and
    returns what each host lacks, what its rank runs, and whether the job is started, followed or left alone.
  - Everything that cannot work is refused here, in one error and before anything is changed on a host.
  - Reads the variables C(trainer_launch_arguments), C(trainer_launch_observed), C(fabric_decision) and
    C(nvidia_toolkit_gpu_count) of all hosts in C(trainer_launch_hosts). The task has to have C(run_once), and connects
    to no host.
  - Values of C(trainer_launch_job_secrets), the password of the web UI and private keys are no part of what is
    returned.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Decide what is done on each host
  distrain.cluster.trainer_launch_decision:
  register: trainer_launch_decision
  run_once: true

- name: Start the trainer
  ansible.builtin.include_tasks: compose.yml
  when: trainer_launch_decision.hosts[inventory_hostname].needs.compose
"""

RETURN = r"""
has_job:
  description: Whether there is a job, and not only a trainer.
  type: bool
  returned: success
  sample: true
decision:
  description: What is done with the job. C(start), C(follow) or C(none).
  type: str
  returned: success
  sample: start
attempt:
  description: The name of the attempt that is started.
  type: str
  returned: success
  sample: "2026-01-31T12:00:00"
ranks:
  description: The hosts in the order of their ranks, each with its container, address, leader, rank and processes.
  type: list
  elements: dict
  returned: success
first:
  description: The host with rank 0.
  type: str
  returned: success
  sample: gpu-01
may_keep:
  description:
    - The hosts that may come to keep the job; the first host, and the hosts of the group C(managers) where that has
      three or more.
  type: list
  elements: str
  returned: success
  sample: [gpu-01, gpu-02, gpu-03]
min_hosts:
  description: How many hosts an elastic job needs; V(0) for any other job.
  type: int
  returned: success
  sample: 0
addresses:
  description: The address of each host for data in the swarm, as far as it is known.
  type: dict
  returned: success
  sample: {gpu-01: 10.0.0.1, gpu-02: 10.0.0.2}
is_on_host_network:
  description: Whether the trainers use the hosts' own network rather than the overlay.
  type: bool
  returned: success
  sample: false
container_directory:
  description: Where a container sees the trainer's own directories.
  type: str
  returned: success
  sample: /run/distrain
runner:
  description: The program in the container that runs a job.
  type: str
  returned: success
  sample: /run/distrain/runner/run-job
webui_words:
  description: How the web UI is opened. Empty without one.
  type: list
  elements: str
  returned: success
gpu_findings:
  description:
    - What was found about the GPUs of a job that is started, worst first, as M(distrain.cluster.preflight_decision)
      returns findings. Errors are among them only where C(trainer_launch_gpu_health) lets them pass.
  type: list
  elements: dict
  returned: success
  sample: []
hosts:
  description: By the name of each host that trains, what is done there.
  type: dict
  returned: success
  contains:
    needs:
      description:
        - What the host lacks, each true or false - C(files), C(copies), C(compose), C(lookup), C(webui_password),
          C(webui_restart), C(no_webui_password).
      type: dict
      returned: success
    container: {description: The name of its container., type: str}
    is_first: {description: Whether it has rank 0., type: bool}
    gpus: {description: The GPUs that it claims., type: list, elements: str}
    compose: {description: The text of its compose file., type: str}
    has_webui:
      description: Whether the web UI runs there; C(has_webui_password) whether it asks for a password.
      type: bool
    may_share_storage: {description: Whether another host may see the same files., type: bool}
    controller_copies:
      description: What is copied from the controller; C(host_copies) what comes from another host.
      type: list
      elements: dict
    command:
      description: What its rank runs, with C(environment), C(settings) and C(working_directory).
      type: list
      elements: str
      returned: where there is a job
    tuning:
      description: The variables that let the job use its network at its rate.
      type: dict
      returned: where there is a job
      sample: {NCCL_SOCKET_NTHREADS: "4", NCCL_NSOCKS_PERTHREAD: "4"}
    digest:
      description:
        - The digest of what makes the job what it is; C(is_changed) whether it was last started with another one.
      type: str
      returned: where there is a job
    gpu_use:
      description:
        - What the job does with its GPUs, by which its keeper judges them before it starts the job again; null where no
          sick GPU keeps it from that.
      type: dict
      returned: where there is a job
    key_names:
      description: The pairs of keys that it has to make before a start.
      type: list
      elements: str
      returned: where there is a job
    rank: {description: "Its rank, with the C(world_size).", type: int, returned: where there is a job}
    samples_per_step:
      description: How many samples a step takes over all ranks; V(0) where that is not known.
      type: int
      returned: where there is a job
    output_directory:
      description: Where the host has the results, below C(output_root). Empty where no volume holds them.
      type: str
      returned: where there is a job
    parity: {description: What of the job has to be alike on all hosts., type: dict, returned: where there is a job}
"""
