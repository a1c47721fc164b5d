#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_job
short_description: Start or stop one rank of a training job
version_added: "1.0.0"
description:
  - Starts a command inside a running trainer container and leaves it running there, detached from Ansible.
  - A job is known by its name and its trainer's directory on the host. It is started when it was never started,
    has failed, was stopped, or was lost with its container. A job that runs is left alone, and so is one that has
    succeeded.
  - A restart of the container never starts a job again.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes
options:
  name:
    description: The job's name, as messages show it.
    type: str
    required: true
  state:
    description: V(started) sees to it that the job runs or has succeeded. V(stopped) sees to it that it does not run.
    type: str
    choices: [started, stopped]
    default: started
  container:
    description: The container that the job runs in. It must be running.
    type: str
    required: true
  directory:
    description:
      - The trainer's directory on the host. What the host writes of the job lies in C(control/NAME) below it, which the
        container has to see read-only, and what the container writes in C(logs/NAME).
    type: path
    required: true
  container_directory:
    description:
      - The directory of the container in which it sees the directories C(control) (read-only) and C(logs), and a
        directory C(launch) that lies in memory. Required when O(state=started).
    type: str
  runner:
    description:
      - The script, as the container sees it, that runs the command, keeps its output and writes down its exit code.
        Required when O(state=started).
    type: str
  command:
    description: The command and its arguments. No shell reads them. Required when O(state=started).
    type: list
    elements: str
  settings:
    description:
      - The text of the job's settings file. It is written into C(control/NAME), readable by its owner alone, and its
        path is put behind O(command).
    type: str
  launch_files:
    description:
      - The text of files that the launcher reads, by name. They are written into C(control/NAME/launch), readable by
        their owner alone. When the job begins, the container copies them, and what else lies there, into its memory,
        and they are removed from the host.
    type: dict
    default: {}
  checkpoint:
    description:
      - The checkpoint to go on from, as the container sees it. It is put into the settings file under
        O(resume_setting), and into the environment as E(DISTRAIN_CHECKPOINT). It is no part of what makes the job
        another one.
    type: str
    default: ""
  resume_setting:
    description: The setting that names the checkpoint; what O(settings) has of that name is replaced.
    type: str
    default: resume_from_checkpoint
  tuning:
    description:
      - Variables for the environment of the command that let it use its network at its rate. Those of O(environment)
        win over them. They are no part of what makes the job another one.
    type: dict
    default: {}
  environment:
    description: What is added to the environment of the command.
    type: dict
    default: {}
  secrets:
    description: The same, for values that may be shown nowhere. They are written to no file.
    type: dict
    default: {}
  working_directory:
    description: The directory of the container in which the command starts. The image's own where this is not given.
    type: str
  network:
    description:
      - The network whose interface NCCL and gloo have to use. E(NCCL_SOCKET_IFNAME) and E(GLOO_SOCKET_IFNAME) are set
        to the interface whose address lies in that network, unless O(environment) sets them.
    type: str
  rank:
    description: The rank of this host, counted from 0.
    type: int
    default: 0
  world_size:
    description: How many processes the job has over all hosts.
    type: int
    default: 1
  samples_per_step:
    description:
      - How many samples a step takes over all ranks, for whoever looks at the job; V(0) where that is not known. What
        the trainer prints of it counts more.
    type: int
    default: 0
  output_directory:
    description: The directory on the host into which the trainer writes its results, for whoever looks at the job.
    type: path
  output_root:
    description:
      - A directory that holds O(output_directory) and that no container can exchange, such as the source of its volume.
        No symbolic link below it is followed. O(output_directory) itself where this is not given.
    type: path
  attempt:
    description:
      - Names this attempt. A job that was started by this very attempt is not started again by it, however it ended.
        Required when O(state=started).
    type: str
  again:
    description: Whether a job that has succeeded is run again.
    type: bool
    default: false
  stop_timeout:
    description: How many seconds the processes have to end by themselves before they are killed.
    type: int
    default: 20
seealso:
  - module: community.docker.docker_container_exec
    description: >-
      Runs any command in a container, and returns its output. Take it for short commands. This module starts a rank
      that goes on without Ansible, whose state and exit code are known later, and never twice.
"""

EXAMPLES = r"""
- name: Start one rank of a job
  distrain.cluster.trainer_job:
    name: sft
    container: llama-factory-gpu-01
    directory: /var/lib/distrain/trainers/llama-factory
    container_directory: /run/distrain
    runner: /run/distrain/runner/run-job
    command: [torchrun, --nnodes, "2", --node_rank, "0", src/train_bash.py]
    settings: "{{ job_settings | ansible.builtin.to_nice_yaml }}"
    network: distrain
    rank: 0
    world_size: 16
    attempt: "{{ now(utc=true).isoformat() }}"

- name: Stop it
  distrain.cluster.trainer_job:
    name: sft
    container: llama-factory-gpu-01
    directory: /var/lib/distrain/trainers/llama-factory
    state: stopped
"""

RETURN = r"""
job:
  description: The job on this host, in these keys as M(distrain.cluster.trainer_job_info) returns it.
  type: dict
  returned: success
  sample: {name: sft, state: running, exit_code: null, attempt: "2026-01-31T12:00:00", interface: eth0}
settings_changed:
  description: Whether the job was last started with other settings than these.
  type: bool
  returned: success
  sample: false
"""

from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.job import control as job_control
from ansible_collections.distrain.cluster.plugins.module_utils.job import plan as job_plan
from ansible_collections.distrain.cluster.plugins.module_utils.job.files import JobFiles
from ansible_collections.distrain.cluster.plugins.module_utils.job.plan import Job
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import job_digest


def report(job: Job, params: Any) -> dict[str, Any]:
    wanted = job_digest(params) if params["state"] == "started" else job.record.get("digest", "")
    return {
        "job": {
            "name": params["name"],
            "state": job.state,
            "exit_code": job.exit_code,
            "attempt": job.record.get("attempt"),
            "interface": job.record.get("interface"),
        },
        "settings_changed": job_plan.settings_changed(job, wanted),
    }


def main() -> None:
    run(
        Operation(
            observe=lambda engine, params: JobFiles(params["directory"], params["name"]).job(),
            plan=job_plan.plan,
            apply=job_control.apply,
            report=report,
            argument_spec={
                "name": {"type": "str", "required": True},
                "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
                "container": {"type": "str", "required": True},
                "directory": {"type": "path", "required": True},
                "container_directory": {"type": "str"},
                "runner": {"type": "str"},
                "command": {"type": "list", "elements": "str"},
                "settings": {"type": "str"},
                "launch_files": {"type": "dict", "default": {}},
                "checkpoint": {"type": "str", "default": ""},
                "resume_setting": {"type": "str", "default": "resume_from_checkpoint"},
                "environment": {"type": "dict", "default": {}},
                "tuning": {"type": "dict", "default": {}},
                "secrets": {"type": "dict", "default": {}, "no_log": True},
                "working_directory": {"type": "str"},
                "network": {"type": "str"},
                "rank": {"type": "int", "default": 0},
                "world_size": {"type": "int", "default": 1},
                "samples_per_step": {"type": "int", "default": 0},
                "output_directory": {"type": "path"},
                "output_root": {"type": "path"},
                "attempt": {"type": "str"},
                "again": {"type": "bool", "default": False},
                "stop_timeout": {"type": "int", "default": 20},
            },
            module_options={
                "required_if": [("state", "started", ("container_directory", "runner", "command", "attempt"))]
            },
        )
    )


if __name__ == "__main__":
    main()
