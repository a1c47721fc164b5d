#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_jobs_info
short_description: Describe every training job that a host knows
version_added: "1.0.0"
description:
  - Reads the directories of a trainer's jobs on the host and the processes that belong to them. It asks no engine, so
    that it describes a job also while the engine is down.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
options:
  directory:
    description: The trainer's directory on the host, as for M(distrain.cluster.trainer_job).
    type: path
    required: true
  name:
    description: The one job that is wanted; all of them where it is empty.
    type: str
    default: ""
  lines:
    description: How many of the last lines of each job's output to return.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: See how all jobs of the trainer stand
  distrain.cluster.trainer_jobs_info:
    directory: /var/lib/distrain/trainers/llama-factory
  register: found
"""

RETURN = r"""
jobs:
  description:
    - The jobs that were started on this host, by name, each as M(distrain.cluster.trainer_job_info) describes it, with
      what M(distrain.cluster.trainer_checkpoint_info) returns under C(saving).
  type: list
  elements: dict
  returned: success
  sample: [{"name": "sft", "state": "running", "rank": 1, "progress": {}, "cpu_percent": 98.5}]
"""

import time
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.job.listing import describe_jobs_with_saving
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine


def observe(params: Any) -> dict[str, Any]:
    return {"jobs": describe_jobs_with_saving(params["directory"], params["name"], params["lines"], time.time())}


def main() -> None:
    run_info_without_engine(
        observe,
        argument_spec={
            "directory": {"type": "path", "required": True},
            "name": {"type": "str", "default": ""},
            "lines": {"type": "int", "default": 0},
        },
    )


if __name__ == "__main__":
    main()
