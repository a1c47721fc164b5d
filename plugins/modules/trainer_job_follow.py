#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_job_follow
short_description: Show a training job by its keeper, to its end
version_added: "1.0.0"
description:
  - Asks the host that keeps a job (M(distrain.cluster.trainer_keeper)) what it knows. Shows step, loss, rate and time
    left whenever they change, what the keeper warns of, and that it starts the job again; returns when the job is over.
  - Fails where the job has. The message names in one sentence the host, the rank, the exit code, the line that explains
    it, and what to do. The evidence of the kernel and the engine counts first, then the output of each rank, and then
    which one ended first, by the hosts' clocks; a rank that only lost its connection to another one is not taken for
    the cause.
  - Neither the job nor its keeper depends on this module. When it is interrupted or killed, both go on, and the job can
    be shown again, from any controller.
  - Runs on the controller, once for all hosts, and connects to the hosts by their own connection variables.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    details: Asks once, and writes nothing.
options:
  name:
    description: The job's name.
    type: str
    required: true
  trainer:
    description: The trainer's name.
    type: str
    required: true
  hosts:
    description: The hosts that may keep the job, by their names in the inventory. They are asked in this order.
    type: list
    elements: str
    required: true
  directory:
    description:
      - A directory on the controller for what the keeper has recorded. C(job.json) is the record of the job,
        C(events.jsonl) has its starts, findings and ends, C(watch.jsonl) what was observed, and C(stacks.txt) the
        stacks of all ranks of a job that was ended because it hung. Without it nothing is kept.
      - C(follow.lock) there is locked meanwhile. Where another process holds it, the module fails and names that
        process; RV(outcome) is not returned then. The kernel releases the lock with the process.
    type: path
  until:
    description:
      - With V(over) the module waits for the end of the job; with V(begun) until its keeper has started it on all
        hosts; with V(now) it asks once.
    type: str
    choices: [over, begun, now]
    default: over
  interval:
    description: The longest time between two answers of the keeper, in seconds. What is new is shown at once.
    type: float
    default: 5
  lost:
    description: After how many seconds without an answer of a host that has answered before to fail. The job goes on.
    type: float
    default: 600
"""

EXAMPLES = r"""
- name: Show the job to its end
  distrain.cluster.trainer_job_follow:
    name: sft
    trainer: llama-factory
    hosts: [gpu-01]
    directory: artifacts/sft
  run_once: true
"""

RETURN = r"""
outcome:
  description: C(succeeded), C(failed), or C(pending) for a job that is not over.
  type: str
  returned: always, except where another process shows the job or no keeper answers
  sample: succeeded
gpu_problems:
  description: What was found wrong with GPUs while the job was followed, a sentence or two for each.
  type: list
  elements: str
  returned: always, except where another process shows the job or no keeper answers
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
  description: The hosts that were waited for before a restart and did not come back.
  type: list
  elements: str
  returned: failure, where there are such hosts
  sample: [gpu-02]
restarts:
  description: How often the job was restarted (C(done)), how often it may be (C(allowed)), and a C(note) for people.
  type: dict
  returned: where the job is over
  sample: {"done": 1, "allowed": 2, "note": "restarted 1 of 2 times"}
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
