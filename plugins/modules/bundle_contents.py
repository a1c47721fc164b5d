#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_contents
version_added: "1.0.0"
short_description: Decide what a bundle has to hold for an inventory
description:
  - From the arguments of the roles bundle, docker, nvidia_toolkit and image_build on every host of the play, registered
    as C(bundle_arguments) and so on. No host is connected to.
  - The signing keys of repositories are read, and refused without their fingerprint.
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Decide what the bundle has to hold
  distrain.cluster.bundle_contents:
  run_once: true
  register: bundle_contents
"""

RETURN = r"""
folder:
  description: The folder of the bundle, as an absolute path.
  returned: success
  type: str
  sample: /srv/bundle
distributions:
  description: By the name of a distribution its architecture, its repositories and the packages.
  returned: success
  type: dict
  sample: {debian-13-amd64: {architecture: amd64, sources: [], packages: [docker.io]}}
trainer:
  description: The names of what the trainer is built from, and the parts of it in the bundle; empty without a trainer.
  returned: success
  type: dict
  sample: {name: "team/trainer:1", parts: {base: trainer/base.tar}}
needs_wheels:
  description: Whether wheels of the trainer are to be in the bundle.
  returned: success
  type: bool
  sample: true
sdk_wheels:
  description: The directory of the wheels of the modules' Python.
  returned: success
  type: str
  sample: /srv/bundle/sdk-wheels/6f0c
signing_keys:
  description: The signing keys, each with the path that it gets.
  returned: success
  type: list
  elements: dict
  sample: []
parts:
  description: What the manifest says of the files below a path.
  returned: success
  type: list
  elements: dict
  sample: [{path: sdk-wheels, what: "wheels of the modules' Python", source: the index of pip}]
"""
