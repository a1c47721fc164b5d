#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_outputs_info
short_description: List what a job has left on its host, and read parts of it
version_added: "1.0.0"
description:
  - Finds the log of a job, files of its output directory by their names, and all files of directories in it, or reads a
    part of one file. No symbolic link below the given root is followed and nothing but regular files is read.
  - M(distrain.cluster.trainer_results_fetch) uses it for hosts to which it cannot send an agent over SSH.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
options:
  wanted:
    description:
      - What to look for; dictionaries C(log), C(results) and C(gather), each with C(root) and C(path) below it.
    type: dict
    suboptions:
      log:
        description: The log; C(head) and C(tail) are how many bytes of its first and last part are of interest.
        type: dict
      results:
        description: Files that have one of the names C(patterns), and C(most) bytes.
        type: dict
      gather:
        description: Directories that have one of the names C(patterns).
        type: dict
  part:
    description: The part of a file to read; C(root), C(path) below it, C(offset) and C(size) in bytes.
    type: dict
"""

EXAMPLES = r"""
- name: See what the job has left
  distrain.cluster.trainer_outputs_info:
    wanted:
      results:
        root: /var/lib/distrain/trainers/llama-factory/output
        path: sft
        patterns: ["*.json"]
        most: 1000000
  register: outputs
"""

RETURN = r"""
found:
  description: With O(wanted), the files that can be read, the directories, and what was left with its reason.
  type: dict
  returned: with O(wanted)
  sample: {"files": [], "directories": [], "refused": [], "refused_count": 0}
data:
  description: The part that was read, compressed by zlib, in base64.
  type: str
  returned: with O(part)
  sample: eJwDAAAAAAE=
error:
  description: Why the part could not be read; empty where it could.
  type: str
  returned: with O(part)
  sample: ""
"""

import base64
import zlib
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine
from ansible_collections.distrain.cluster.plugins.module_utils.results.outputs import Survey, read_pieces, why_not


def observe(params: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if params["wanted"]:
        result["found"] = Survey().run(params["wanted"])
    if params["part"]:
        result.update(_read(**params["part"]))
    return result


def _read(root: str, path: str, offset: int, size: int) -> dict[str, str]:
    try:
        data = b"".join(block for _piece, block in read_pieces(root, path, [(int(offset), int(size))]))
    except OSError as error:
        return {"data": "", "error": why_not(error)}
    return {"data": base64.b64encode(zlib.compress(data, 1)).decode(), "error": ""}


def main() -> None:
    run_info_without_engine(
        observe,
        argument_spec={
            "wanted": {
                "type": "dict",
                "options": {"log": {"type": "dict"}, "results": {"type": "dict"}, "gather": {"type": "dict"}},
            },
            "part": {"type": "dict"},
        },
    )


if __name__ == "__main__":
    main()
