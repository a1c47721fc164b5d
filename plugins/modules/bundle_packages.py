#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_packages
version_added: "1.0.0"
short_description: Bring to a host what it lacks of a bundle's packages
description:
  - With O(stage=ask), apt on the host says which files of the bundle it needs to install packages that the host lacks.
    It reads the bundle's indexes alone, which are sent for that, and verifies them by the keys that the host trusts. A
    host that has all packages is left alone, and no apt is run there.
  - With O(stage=send), those files are brought to the host, as one archive. No package is installed.
  - Reads C(bundle_decision), what M(distrain.cluster.bundle_decision) has returned.
extends_documentation_fragment:
  - distrain.cluster.attributes
  - distrain.cluster.attributes.action
options:
  stage:
    description: Whether the host is asked, or gets the files that it was found to need.
    type: str
    choices: [ask, send]
    required: true
  packages:
    description: The packages, as C(NAME) or C(NAME=VERSION).
    type: list
    elements: str
    required: true
  asked:
    description: With O(stage=send), what O(stage=ask) has returned.
    type: dict
"""

EXAMPLES = r"""
- name: Have apt on the host say what it needs of the bundle
  distrain.cluster.bundle_packages:
    stage: ask
    packages: [docker.io, docker-cli]
  register: bundle_asked

- name: Bring it to the host
  distrain.cluster.bundle_packages:
    stage: send
    packages: [docker.io, docker-cli]
    asked: "{{ bundle_asked }}"
"""

RETURN = r"""
lacks:
  description: The packages that the host does not have.
  returned: success
  type: list
  elements: str
  sample: [docker.io]
send:
  description: The files of the bundle that the host does not have, by their paths there, with size and SHA-256.
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
