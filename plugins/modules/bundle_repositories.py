#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_repositories
version_added: "1.0.0"
short_description: Keep in a directory what apt needs to install packages on a bare host of a distribution
description:
  - Downloads the publishers' signed indexes of package repositories, has apt verify them, and downloads the packages
    that apt names for a host on which nothing is installed yet, with all that they depend on.
  - A file that is there and whole is kept, an index too. The packages are those of the indexes, until you remove these.
  - Needs apt on the machine that it runs on, of any release of Debian or Ubuntu, and not root.
extends_documentation_fragment:
  - distrain.cluster.attributes
options:
  directory:
    description: The directory, which gets one directory for each repository. No space may be in its path.
    type: path
    required: true
  architecture:
    description: The architecture of the hosts, in Debian's words.
    type: str
    required: true
  sources:
    description: The repositories.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: The name of its directory., type: str, required: true}
      uri: {description: Its address., type: str, required: true}
      suites: {description: "Its suites; V(/) for a flat repository.", type: list, elements: str, required: true}
      components: {description: "Their components; none for a flat repository.", type: list, elements: str, default: []}
      key:
        description: The key that signs it, as a path, or as the name of a file in O(directory).
        type: str
        required: true
  packages:
    description: The packages, as C(NAME) or C(NAME=VERSION).
    type: list
    elements: str
    required: true
  timeout:
    description: How long a server may be silent, in seconds.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Keep the engine of Debian 13
  distrain.cluster.bundle_repositories:
    directory: /srv/bundle/apt/debian-13-amd64
    architecture: amd64
    sources:
      - name: debian
        uri: http://deb.debian.org/debian
        suites: [trixie, trixie-updates]
        components: [main]
        key: /usr/share/keyrings/debian-archive-keyring.gpg
    packages: [docker.io, docker-cli]
"""

RETURN = r"""
files:
  description: All files, by their paths below O(directory), in check mode as far as they are known.
  returned: success
  type: list
  elements: dict
  contains:
    path: {description: Where it is., type: str, sample: debian/dists/trixie/InRelease}
    size: {description: "Its size in bytes, 0 where it is signed instead.", type: int, sample: 0}
    sha256: {description: "Its SHA-256, empty where it is signed instead.", type: str, sample: ""}
    source: {description: Where it is from., type: str, sample: http://deb.debian.org/debian/dists/trixie/InRelease}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.repositories import (
    Kept,
    apply_kept,
    observe_kept,
    plan_kept,
    report_kept,
)
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine

SOURCE = {
    "name": {"type": "str", "required": True},
    "uri": {"type": "str", "required": True},
    "suites": {"type": "list", "elements": "str", "required": True},
    "components": {"type": "list", "elements": "str", "default": []},
    "key": {"type": "str", "required": True, "no_log": False},
}
ARGUMENT_SPEC: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "architecture": {"type": "str", "required": True},
    "sources": {"type": "list", "elements": "dict", "required": True, "options": SOURCE},
    "packages": {"type": "list", "elements": "str", "required": True},
    "timeout": {"type": "int", "default": 60},
}


def observe(engine: None, params: Mapping[str, Any]) -> Kept:
    return observe_kept(params)


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    apply_kept(step, params)


def main() -> None:
    run_without_engine(Operation(observe, plan_kept, apply, report_kept, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
