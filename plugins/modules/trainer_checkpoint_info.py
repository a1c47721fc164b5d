#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_checkpoint_info
short_description: Find the newest whole checkpoint of a training job
version_added: "1.0.0"
description:
  - Reads the directories C(checkpoint-STEP) that a trainer has written, as the trainer of Hugging Face Transformers and
    so LLaMA-Factory does.
  - A checkpoint is whole when C(trainer_state.json), which is written last, names its step, when the weights are there
    with all files that their index names, and, where every rank writes a part of its own, when all parts are there.
    With DeepSpeed's ZeRO and a local state of FSDP these are the parts of all ranks, with a sharded state of FSDP those
    that its C(.metadata) names.
  - Needs no Docker.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
options:
  output_directory:
    description: The directory on the host into which the trainer writes its checkpoints. It may be absent.
    type: path
    required: true
  output_root:
    description:
      - A directory that holds O(output_directory) and that no container can exchange, such as the source of its volume.
        No symbolic link below it is followed. O(output_directory) itself where this is not given.
    type: path
  world_size:
    description: How many processes the job has over all hosts.
    type: int
    default: 1
"""

EXAMPLES = r"""
- name: Find the newest checkpoint
  distrain.cluster.trainer_checkpoint_info:
    output_directory: /var/lib/distrain/trainers/llama-factory/output/sft
    world_size: 16
  register: checkpoints
"""

RETURN = r"""
newest:
  description: The name of the newest whole checkpoint, or an empty text.
  returned: success
  type: str
  sample: checkpoint-400
checkpoints:
  description:
    - All of them, in the order of their steps, each with C(name), C(step), and C(missing), empty where it is whole.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "checkpoint-400", "step": 400, "missing": ""}]
saving:
  description:
    - C(checkpoint_seconds) is the median time from the creation of a whole checkpoint's directory until its
      C(trainer_state.json) was written, and C(checkpoint_every) the least number of steps between two of them. Each is
      null where it is not known.
  returned: success
  type: dict
  sample: {"checkpoint_seconds": 41.2, "checkpoint_every": 200}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.job.checkpoint_files import read_checkpoints
from ansible_collections.distrain.cluster.plugins.module_utils.job.checkpoints import (
    missing,
    newest_complete,
    saving_of,
)
from ansible_collections.distrain.cluster.plugins.module_utils.job.description import output_of
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    world_size = params["world_size"]
    output = output_of(params, {})
    found = sorted(read_checkpoints(output) if output else [], key=lambda checkpoint: checkpoint.step)
    newest = newest_complete(found, world_size)
    return {
        "newest": newest.name if newest else "",
        "checkpoints": [{"name": one.name, "step": one.step, "missing": missing(one, world_size)} for one in found],
        "saving": saving_of(found),
    }


def main() -> None:
    run_info_without_engine(
        observe,
        {
            "output_directory": {"type": "path", "required": True},
            "output_root": {"type": "path"},
            "world_size": {"type": "int", "default": 1},
        },
    )


if __name__ == "__main__":
    main()
