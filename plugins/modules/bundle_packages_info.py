#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_packages_info
version_added: "1.0.0"
short_description: Observe what a host lacks of a bundle's packages
description:
  - The part of M(distrain.cluster.bundle_packages) that runs on the host. It installs nothing, and writes below
    O(directory) alone.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
options:
  directory:
    description: The directory of the bundle on the host.
    type: path
    required: true
  architecture:
    description: The architecture of the host, in Debian's words.
    type: str
    required: true
  sources:
    description: The repositories, as M(distrain.cluster.bundle_decision) returns them.
    type: list
    elements: dict
    required: true
  index:
    description: The files that apt needs to read the repositories.
    type: list
    elements: dict
    required: true
  packages:
    description: The packages, as C(NAME) or C(NAME=VERSION).
    type: list
    elements: str
    required: true
  ask:
    description: Whether apt is asked, which needs the files of O(index).
    type: bool
    default: false
  archive:
    description: A tar archive on the host to unpack before; empty for none.
    type: str
    default: ""
  files:
    description: The files that are in O(archive), each of which is verified.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Find out whether the host lacks a package
  distrain.cluster.bundle_packages_info:
    directory: /var/lib/distrain/bundle
    architecture: amd64
    sources: []
    index: []
    packages: [docker.io]
"""

RETURN = r"""
lacks:
  description: The packages that the host does not have.
  returned: success
  type: list
  elements: str
  sample: [docker.io]
send:
  description: The files that are to be sent, those of O(index) without O(ask).
  returned: success
  type: list
  elements: dict
  sample: []
problem:
  description: Why apt cannot install the packages; empty where it can.
  returned: success
  type: str
  sample: ""
"""

from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.bundle.host_packages import observe_packages
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine

ARGUMENT_SPEC: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "architecture": {"type": "str", "required": True},
    "sources": {"type": "list", "elements": "dict", "required": True},
    "index": {"type": "list", "elements": "dict", "required": True},
    "packages": {"type": "list", "elements": "str", "required": True},
    "ask": {"type": "bool", "default": False},
    "archive": {"type": "str", "default": ""},
    "files": {"type": "list", "elements": "dict", "default": []},
}


def main() -> None:
    run_info_without_engine(observe_packages, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
