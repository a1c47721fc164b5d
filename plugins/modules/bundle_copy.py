#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_copy
version_added: "1.0.0"
short_description: Copy a file, or the files of a directory, into a bundle
description:
  - Compares by size and SHA-256, so that what is there and whole is not copied again. A copy gets its name once it is
    whole.
  - What O(dest) has and O(src) has not is removed.
extends_documentation_fragment:
  - distrain.cluster.attributes
options:
  src:
    description: The file or the directory.
    type: path
    required: true
  dest:
    description: The path of its copy; a directory's files get into it.
    type: path
    required: true
seealso:
  - module: ansible.builtin.copy
    description: Copies files of the controller to hosts, each for itself.
"""

EXAMPLES = r"""
- name: Copy wheels into the bundle
  distrain.cluster.bundle_copy:
    src: /srv/wheels
    dest: /srv/bundle/trainer/wheels
"""

RETURN = r"""
dest:
  description: Where the copy is.
  returned: success
  type: str
  sample: /srv/bundle/trainer/wheels
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.copies import (
    Copies,
    apply_copies,
    observe_copies,
    plan_copies,
)
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine

ARGUMENT_SPEC = {"src": {"type": "path", "required": True}, "dest": {"type": "path", "required": True}}


def observe(engine: None, params: Mapping[str, Any]) -> Copies:
    return observe_copies(params)


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    apply_copies(step)


def report(copies: Copies, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"dest": params["dest"]}


def main() -> None:
    run_without_engine(Operation(observe, plan_copies, apply, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
