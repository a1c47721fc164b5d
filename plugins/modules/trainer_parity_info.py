#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_parity_info
short_description: Describe what has to be alike on all hosts of a job
version_added: "1.0.0"
description:
  - Lists directories by the names and sizes of their files, and reads files whole by their SHA-256.
  - What the filter P(distrain.cluster.parity_problem#filter) compares. Needs no Docker.
  - Hidden files are left out. A directory with more than 2000 files is described by what lies directly in it.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
options:
  data:
    description: Directories or files on the host that are described by names and sizes. What is not there has none.
    type: list
    elements: path
    default: []
  code:
    description: Files on the host that are read whole.
    type: list
    elements: path
    default: []
"""

EXAMPLES = r"""
- name: See what the host has
  distrain.cluster.trainer_parity_info:
    data: [/srv/models, /srv/data]
    code: [/var/lib/distrain/trainers/llama-factory/runner/run-job]
  register: parity
"""

RETURN = r"""
parity:
  description: By C(data) and C(code), what each file is.
  returned: success
  type: dict
  sample: {"data": {"/srv/data/lab.json": "40960 bytes"}, "code": {"/srv/run-job": "sha256:9f86..."}}
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.host.directory import describe_directory
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    data = {name: size for path in params["data"] for name, size in describe_directory(path).items()}
    code = {path: _digest(Path(path)) for path in params["code"] if Path(path).is_file()}
    return {"parity": {"data": data, "code": code}}


def _digest(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def main() -> None:
    run_info_without_engine(
        observe,
        {
            "data": {"type": "list", "elements": "path", "default": []},
            "code": {"type": "list", "elements": "path", "default": []},
        },
    )


if __name__ == "__main__":
    main()
