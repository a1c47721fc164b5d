#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_build_decision
version_added: "1.0.0"
short_description: Decide whether an image has to be built, and how
description:
  - Reads C(image_build_arguments) of all hosts of the play's batch, and C(image_build_observed) of the builder, the
    image and its base as M(community.docker.docker_image_info) returns them.
  - Compares what the image is to be made of with what its labels say that it was made of.
  - Values that cannot make an image, and files that the controller does not have, are one error before anything is
    changed; the play ends for all hosts.
  - To be run with C(run_once), and registered as C(image_build_decision).
extends_documentation_fragment:
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Decide whether the image is built
  distrain.cluster.image_build_decision:
  run_once: true
  register: image_build_decision

- name: Bring the image to every host
  distrain.cluster.image_transfer:
    name: "{{ image_build_decision.name }}"
    source_host: "{{ image_build_decision.builder }}"
"""

RETURN = r"""
name:
  description: The name of the image.
  returned: success
  type: str
  sample: distrain/llama-factory:e3d8fc7
builder:
  description: The inventory name of the host that has the image, or builds it.
  returned: success
  type: str
  sample: gpu-01
python:
  description: The Python on the hosts that has the docker SDK.
  returned: success
  type: str
  sample: /opt/distrain/venv/bin/python
steps:
  description:
    - V(load_base) or V(pull_base) where the base image is missing, and V(build); V(load_image) alone where a bundle has
      the built image; empty for nothing.
  returned: success
  type: list
  elements: str
  sample: [pull_base, build]
reason:
  description: Why the image is built; empty where it is not.
  returned: success
  type: str
  sample: "changed since it was built: Dockerfile"
labels:
  description: The labels of the new image, which record what it is made of.
  returned: success
  type: dict
  sample: {io.distrain.inputs: "sha256:0c1d2e3f"}
dockerfile:
  description: The Dockerfile.
  returned: success
  type: str
  sample: FROM debian:12
files:
  description:
    - The files of the controller that the image is made of, empty where one is not used. These are C(base), C(wheels)
      and, of a bundle, C(project), or C(image) alone.
  returned: success
  type: dict
  sample: {base: /srv/base.tar, wheels: "", project: ""}
wheels_digest:
  description: A digest of the wheels on the controller; empty where none are used.
  returned: success
  type: str
  sample: 0c1d2e3f
"""
