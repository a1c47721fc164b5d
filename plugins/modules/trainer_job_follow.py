#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_job_follow
short_description: Follow a training job over all its hosts to its end
version_added: "1.0.0"
description:
  - Observes every rank of a job by an agent on its host, shows step, loss, rate and time left whenever they change, and
    returns when all ranks have succeeded. The agent is sent over SSH, lies on no disk, and ends with this module. On a
    host without SSH, or with a password, M(distrain.cluster.trainer_job_info) is used instead.
  - Fails when a rank fails. After O(grace) it stops the job on the other hosts, and names in one sentence the host, the
    rank, the exit code, the line that explains it, and what to do. The evidence of the kernel and the engine counts
    first, then the output of each rank, and then which one ended first, by the hosts' clocks; a rank that only lost its
    connection to another one is not taken for the cause.
  - Warns while the job goes on when a host does not answer, when a rank is suspended, cannot resolve a name or connect
    to the first one, when memory ran out, or when the training has diverged (RV(diverged)).
  - Posts starts, hangs and ends to the webhook of the role trainer_launch, which it
    reads from C(trainer_launch_arguments), since arguments of a task are shown.
  - The job does not depend on this module. When it is interrupted, the job goes on and can be followed again. When the
    ansible-playbook that runs it is killed, it and its agents end as well.
  - Runs on the controller, once for all hosts, and connects to the hosts by their own connection variables.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    details: Observes the job once, and does not wait.
options:
  name:
    description: The job's name.
    type: str
    required: true
  trainer:
    description: The trainer's name, as the progress shows it.
    type: str
    required: true
  ranks:
    description:
      - A dictionary for each rank, in the order of the ranks. C(host) is its name in the inventory, C(container) is the
        name of its container.
    type: list
    elements: dict
    required: true
  directory:
    description: The trainer's directory on each host, as for M(distrain.cluster.trainer_job).
    type: str
    required: true
  output_directory:
    description: The directory on the hosts into which the trainer writes C(trainer_log.jsonl).
    type: str
  output_root:
    description:
      - A directory that holds O(output_directory) and that no container can replace, such as the source of its volume.
        No symbolic link below it is followed. The default is O(output_directory) itself.
    type: str
    version_added: "1.0.0"
  image:
    description: The image of the trainer, as messages name it.
    type: str
    default: ""
    version_added: "1.0.0"
  port:
    description: The port on which the ranks meet, as messages name it.
    type: int
    default: 0
    version_added: "1.0.0"
  ipc:
    description: The IPC mode of the trainers' containers, as messages name it.
    type: str
    default: host
    version_added: "1.0.0"
  shm_size:
    description: The size of the shared memory that the containers were given, as messages name it.
    type: str
    default: ""
    version_added: "1.0.0"
  waits_for_return:
    description:
      - Whether to wait, after a failure that a restart may resolve, until every host and its engine answer, for at most
        O(lost) seconds. Where they do not, RV(retryable) is false.
    type: bool
    default: false
    version_added: "1.0.0"
  restarts:
    description: How often the job has been restarted so far, for O(events_file).
    type: int
    default: 0
    version_added: "1.0.0"
  min_hosts:
    description:
      - How many hosts an elastic job needs to go on when one of the others is lost. Rank 0 has to stay in any case.
      - V(0) is a job that fails with the first of its hosts.
    type: int
    default: 0
    version_added: "1.0.0"
  samples_per_step:
    description:
      - How many samples a step takes over all ranks, where neither the trainer nor the record of its start has it; V(0)
        where it is unknown.
    type: int
    default: 0
    version_added: "1.0.0"
  watch_file:
    description: A file on the controller to which observations are appended as lines of JSON, at most one in 5 seconds.
    type: str
    version_added: "1.0.0"
  events_file:
    description: A file on the controller to which starts, findings and ends are appended, as lines of JSON.
    type: str
    version_added: "1.0.0"
  stacks_file:
    description: A file on the controller for the stacks of all ranks of a job that was ended because it hung.
    type: str
    version_added: "1.0.0"
  lock_file:
    description:
      - A file on the controller that is locked while the job is followed. Where another process follows the job
        and holds it, the module fails and names that process; RV(outcome) is not returned then.
      - The kernel releases the lock with the process. Without this option a job can be followed twice.
    type: str
    version_added: "1.0.0"
  interval:
    description: The seconds between two observations.
    type: float
    default: 5
  timeout:
    description: After how many seconds the job is stopped and counts as failed. V(0) is never.
    type: float
    default: 0
  silence:
    description:
      - After how many seconds without output of any rank and without a step the job hangs, while it trains. A job that
        has paused for longer since this module follows it may pause three times as long. V(0) is never.
    type: float
    default: 300
  start_silence:
    description:
      - The same before the job has been seen to make a step, as while it loads, tokenizes or compiles, and after its
        last one, as while it saves. It is not less than O(silence). V(0) is never.
    type: float
    default: 3600
    version_added: "1.0.0"
  on_hang:
    description:
      - What is done about a hang, once the call stacks of all ranks were read, by py-spy where the image has it, and
        the rank is named that differs from the others.
      - V(tell) warns. V(stop) ends the job. V(restart) ends it too, and RV(retryable) is true.
      - While a host does not answer, nothing but a warning comes of a silence; O(lost) counts then.
    type: str
    choices: [restart, stop, tell]
    default: tell
    version_added: "1.0.0"
  unreachable:
    description: After how many seconds without an answer of a host to warn.
    type: float
    default: 25
  lost:
    description:
      - For how many seconds to wait for a host that does not answer. After that the job is stopped on the others. Where
        no host answers, the job is left as it is.
    type: float
    default: 600
    version_added: "1.0.0"
  grace:
    description: How many seconds the other ranks have to end by themselves when one has failed.
    type: float
    default: 10
  stop_timeout:
    description: How many seconds the processes have to end, when the job is stopped, before they are killed.
    type: float
    default: 20
    version_added: "1.0.0"
"""

EXAMPLES = r"""
- name: Follow the job to its end
  distrain.cluster.trainer_job_follow:
    name: sft
    trainer: llama-factory
    ranks:
      - {host: gpu-01, container: llama-factory-gpu-01}
      - {host: gpu-02, container: llama-factory-gpu-02}
    directory: /var/lib/distrain/trainers/llama-factory
    output_directory: /var/lib/distrain/trainers/llama-factory/output/sft
  run_once: true
"""

RETURN = r"""
outcome:
  description: C(succeeded), C(failed), or, in check mode, C(pending).
  type: str
  returned: always, except where another process follows the job
  sample: succeeded
gpu_problems:
  description: What was found wrong with GPUs while the job was followed, a sentence or two for each.
  type: list
  elements: str
  returned: always, except where another process follows the job
  sample: []
failed_host:
  description: The host whose rank made the job fail; the first host where that is unknown.
  type: str
  returned: failure
  sample: gpu-02
finding:
  description: Why the job failed, in a word such as C(host_gone), C(memory), C(import_error), C(killed).
  type: str
  returned: failure
  sample: import_error
retryable:
  description: Whether a restart of the job is likely to help.
  type: bool
  returned: failure
  sample: false
absent_hosts:
  description: The hosts that were waited for (O(waits_for_return)) and did not come back.
  type: list
  elements: str
  returned: failure, where there are such hosts
  sample: [gpu-02]
states:
  description: The state of the job on each host, as M(distrain.cluster.trainer_job_info) names it.
  type: dict
  returned: success
  sample: {"gpu-01": "succeeded", "gpu-02": "succeeded"}
hosts:
  description: The hosts that ran the job, in the order of their ranks.
  type: list
  elements: str
  returned: success
  sample: [gpu-01, gpu-02]
world_size:
  description: How many processes the job had over all hosts.
  type: int
  returned: success
  sample: 2
first_loss:
  description: The first loss that the trainer logged, or null.
  type: float
  returned: success
  sample: 6.21
last_loss:
  description: The last one, or null where none is known, or where it is not finite.
  type: float
  returned: success
  sample: 4.02
last_grad_norm:
  description: The last norm of the gradient, or null where none is known, or where it is not finite.
  type: float
  returned: success
  sample: 1.31
diverged:
  description:
    - How the training has diverged, or null where nothing proves that it has. C(words) is a text; C(step) is the first
      logged step that shows it, and C(is_exact) whether no earlier one may; C(steps) is how many logged steps show it;
      C(loss) and C(grad_norm) are the last ones, as text.
    - What proves it is a loss that is nan or infinite, or a loss of 0 with such a norm of the gradient, in the last 3
      logged steps, or in the last one of a job that has ended; or a norm that is nan or infinite in the last
      20, while the loss does not fall.
  type: dict
  returned: success
  sample: null
steps:
  description: The last step, or null.
  type: int
  returned: success
  sample: 40
seconds:
  description: How long the job ran, by the clock of the host on which it ran longest.
  type: float
  returned: success
  sample: 61.3
"""
