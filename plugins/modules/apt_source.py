#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: apt_source
version_added: "1.0.0"
short_description: Add a repository to apt's sources, in place of another entry of the same repository
description:
  - Writes a source file in the deb822 format, and the key that it names.
  - Two entries of one repository with different keys keep apt from reading any source at all. Another entry that has
    nothing but this repository is switched off in its own file, before the new file is written; one that has more is
    named in an error, and nothing is written.
  - apt itself reads its sources at the end. Where it cannot, every file is put back as it was.
  - Package lists are not refreshed.
extends_documentation_fragment:
  - distrain.cluster.attributes
options:
  path:
    description: The path of the source file, with the ending C(.sources).
    type: path
    required: true
  content:
    description: What the file has to hold. An entry's key is named by C(Signed-By).
    type: str
    required: true
  architecture:
    description: The host's architecture in Debian's words, which C($(ARCH)) stands for in other entries.
    type: str
    required: true
  key_path:
    description: The path of the key file that O(content) names.
    type: path
    required: true
  key:
    description: The key, armoured.
    type: str
    required: true
  variable:
    description: What messages call the repository, the variable that the user sets.
    type: str
    default: content
  sources:
    description:
      - The path of apt's first source file. The others are in the directory of this name with C(.d) at its end.
    type: path
    default: /etc/apt/sources.list
seealso:
  - module: ansible.builtin.deb822_repository
    description: >-
      Writes a source file too, with all that the format has. Take it where no other entry of the same repository can
      be on the host.
"""

EXAMPLES = r"""
- name: Add Docker's repository
  distrain.cluster.apt_source:
    path: /etc/apt/sources.list.d/docker.sources
    content: |
      Types: deb
      URIs: https://download.docker.com/linux/debian
      Suites: trixie
      Components: stable
      Signed-By: /etc/apt/keyrings/docker.asc
    architecture: amd64
    key_path: /etc/apt/keyrings/docker.asc
    key: "{{ lookup('ansible.builtin.file', 'docker.asc') }}"
"""

RETURN = r"""
paths:
  description: The source files of the host, as they are at the end.
  returned: success
  type: list
  elements: str
  sample: [/etc/apt/sources.list, /etc/apt/sources.list.d/docker.sources]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.apt.plan import AptState, plan_source
from ansible_collections.distrain.cluster.plugins.module_utils.apt.sources import observe_sources, write_together
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
    "architecture": {"type": "str", "required": True},
    "key_path": {"type": "path", "required": True},
    "key": {"type": "str", "required": True, "no_log": False},
    "variable": {"type": "str", "default": "content"},
    "sources": {"type": "path", "default": "/etc/apt/sources.list"},
}


def observe(engine: None, params: Mapping[str, Any]) -> AptState:
    return observe_sources(params)


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    write_together(step.arguments)


def report(state: AptState, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"paths": sorted(state.files)}


def main() -> None:
    run_without_engine(Operation(observe, plan_source, apply, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
