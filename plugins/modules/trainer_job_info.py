#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_job_info
short_description: Describe one rank of a training job
version_added: "1.0.0"
description:
  - Reads a job's files on the host and the processes of its container, and returns whether the job runs, has
    succeeded, failed, was stopped, or was lost with its container.
  - Reads the progress that LLaMA-Factory writes to C(trainer_log.jsonl).
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes.info
options:
  name:
    description: The job's name, as messages show it.
    type: str
    required: true
  container:
    description: The container that the job runs in.
    type: str
    required: true
  directory:
    description: The trainer's directory on the host, as for M(distrain.cluster.trainer_job).
    type: path
    required: true
  output_directory:
    description:
      - The directory on the host into which the trainer writes C(trainer_log.jsonl). Without it, the one that
        was written down when the job was started.
    type: path
  output_root:
    description:
      - A directory that holds O(output_directory) and that no container can exchange, such as the source of its volume.
        No symbolic link below it is followed. O(output_directory) itself where this is not given.
    type: path
  lines:
    description: How many of the last lines of the job's output to return.
    type: int
    default: 20
"""

EXAMPLES = r"""
- name: See how the job stands
  distrain.cluster.trainer_job_info:
    name: sft
    container: llama-factory-gpu-01
    directory: /var/lib/distrain/trainers/llama-factory
    output_directory: /var/lib/distrain/trainers/llama-factory/output/sft
  register: sft
"""

RETURN = r"""
job:
  description: The job on this host.
  type: dict
  returned: success
  contains:
    name: {description: Its name., type: str, sample: sft}
    state:
      description: One of C(absent), C(running), C(succeeded), C(failed), C(stopped), C(lost).
      type: str
      sample: running
    exit_code: {description: "Its exit code, or null.", type: int, sample: 1}
    attempt: {description: "The attempt that started it, or null.", type: str, sample: "2026-01-31T12:00:00"}
    rank: {description: "The rank of this host, or null.", type: int, sample: 0}
    world_size: {description: "How many processes the job has over all hosts, or null.", type: int, sample: 16}
    command:
      description: The command of this rank, or null.
      type: list
      elements: str
      sample: [torchrun, src/train_bash.py]
    digest:
      description:
        - The digest of what makes the job what it is (command, settings, environment, working directory, rank and world
          size), or null.
      type: str
      returned: always
      sample: sha256:4bcf...
    interface:
      description: The interface of the container that NCCL and gloo were pinned to, or null.
      type: str
      sample: eth0
    started:
      description: When it was started, in seconds of the epoch by the host's clock, or null.
      type: float
      sample: 1769860800.0
    ended: {description: "When it ended, likewise.", type: float, sample: 1769860900.0}
    running_seconds:
      description: For how many seconds it has run, or ran, by the host's clock, or null.
      type: float
      sample: 61.5
    silent_seconds: {description: For how many seconds it has printed nothing., type: float, sample: 1.5}
    last_lines: {description: The last lines of its output., type: list, elements: str, sample: ["Training completed."]}
    progress:
      description:
        - The step, the total of steps, the percentage, the time that remains, in words and in seconds, the first and
          the latest loss, the samples of a step, and the steps, samples and tokens per second. Read from what
          LLaMA-Factory writes to C(trainer_log.jsonl); what is not there is read from what transformers or DeepSpeed
          prints. Empty where the trainer has said nothing yet.
      type: dict
      returned: always
      sample:
        step: 12
        total: 40
        percentage: 30.0
        remaining: "0:00:41"
        remaining_seconds: 41.0
        loss: 5.93
        first_loss: 6.21
        grad_norm: 1.31
        not_finite: null
        samples_per_step: 16
        steps_per_second: 0.68
        samples_per_second: 10.9
        tokens_per_second: null
    cpu_percent:
      description: How busy the job's processes keep the CPU at this moment; 100 is one core. Null where none runs.
      type: float
      sample: 98.5
    memory_bytes:
      description: How much memory they have, in bytes; what several share is counted for each. Null where none runs.
      type: int
      sample: 1063256064
    stopped_processes:
      description: Those of them that were stopped by a signal.
      type: list
      elements: int
      sample: []
    gpu_percent:
      description: How busy the GPUs are that they use, the mean of them. Null without C(nvidia-smi) on the host.
      type: float
      sample: 97.0
    gpu_memory_bytes:
      description: How much memory they have on the GPUs, in bytes. Null without C(nvidia-smi) on the host.
      type: int
      sample: 68719476736
    gpu:
      description:
        - What is wrong with the GPUs that its container has; empty for nothing. C(xids) are as
          M(distrain.cluster.gpu_info) returns them, those since the job's start and until its end; C(slowdowns) and
          C(gone) are of a job that runs.
      type: dict
      returned: always
      sample: {}
container:
  description: The container that the job runs in.
  type: dict
  returned: success
  contains:
    name: {description: Its name., type: str, sample: llama-factory-gpu-01}
    state:
      description: As the engine calls it (C(running), C(exited), ...), or C(absent).
      type: str
      sample: running
    image_id: {description: "The ID of the image that it was made from, or null.", type: str, sample: sha256:4bcf...}
"""

import time
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.job.description import (
    describe_container,
    describe_job_with_usage,
)
from ansible_collections.distrain.cluster.plugins.module_utils.job.files import JobFiles
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info


def observe(engine: Engine, params: Any) -> dict[str, Any]:
    return {
        "job": describe_job_with_usage(
            JobFiles(params["directory"], params["name"]), params, params["lines"], time.time()
        ),
        "container": describe_container(engine, params["container"]),
    }


def main() -> None:
    run_info(
        observe,
        argument_spec={
            "name": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "directory": {"type": "path", "required": True},
            "output_directory": {"type": "path"},
            "output_root": {"type": "path"},
            "lines": {"type": "int", "default": 20},
        },
    )


if __name__ == "__main__":
    main()
