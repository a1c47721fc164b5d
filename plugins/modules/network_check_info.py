#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: network_check_info
version_added: "1.0.0"
short_description: Read what the role network_check has to know of a host
description:
  - Returns the layers of the image to measure in, and the jobs that run on the host.
options:
  image:
    description: The image.
    type: str
    required: true
  trainers_directory:
    description: The directory below which the trainers' jobs lie. It need not exist.
    type: path
    required: true
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes.info
"""

EXAMPLES = r"""
- name: Observe the image and the jobs of the host
  distrain.cluster.network_check_info:
    image: distrain/llama-factory:e3d8fc7
    trainers_directory: /var/lib/distrain/trainers
  register: network_check_observed
"""

RETURN = r"""
image_layers:
  description: The diff IDs of the image's layers, the lowest first; empty where the host does not have the image.
  returned: success
  type: list
  elements: str
running_jobs:
  description: The names of the jobs that run on the host.
  returned: success
  type: list
  elements: str
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.job.description import describe_jobs
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info

ARGUMENTS: dict[str, Any] = {
    "image": {"type": "str", "required": True},
    "trainers_directory": {"type": "path", "required": True},
}


def observe(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    image = engine.image(params["image"]) or {}
    return {
        "image_layers": (image.get("RootFS") or {}).get("Layers") or [],
        "running_jobs": list(running_jobs(Path(params["trainers_directory"]))),
    }


def running_jobs(directory: Path) -> Iterator[str]:
    """Yield the name of each job that runs, trainer by trainer."""
    trainers = sorted(path for path in directory.iterdir() if path.is_dir()) if directory.is_dir() else []
    for trainer in trainers:
        for job in describe_jobs(str(trainer), "", 0, time.time()):
            if job["state"] == "running":
                yield job["name"]


def main() -> None:
    run_info(observe, ARGUMENTS)


if __name__ == "__main__":
    main()
