#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_push
short_description: Push an image to a registry
version_added: "1.0.0"
description:
  - Pushes an image of this host to a registry, where the registry does not have it yet.
  - Its name there ends with the fingerprint of the image, so that one name never means two images. What the registry
    has under it is returned by its digest, by which other hosts pull it with M(distrain.cluster.image_pull).
  - On this host the image gets no other name by it.
options:
  name:
    description: The image to push. A name without a tag means the tag V(latest).
    type: str
    required: true
  registry:
    description: The registry, as C(HOST:PORT), with a path behind it where images have a project there.
    type: str
    required: true
extends_documentation_fragment:
  - distrain.cluster.image
  - distrain.cluster.image.registry
  - distrain.cluster.engine
  - distrain.cluster.attributes
seealso:
  - module: community.docker.docker_image_push
    description: >-
      Pushes under a name that you choose. Take it where others are to pull by that name. This module puts
      the image's fingerprint into the tag, and returns the digest.
  - module: distrain.cluster.image_pull
  - module: distrain.cluster.image_transfer
    description: Brings an image to all hosts without a registry.
"""

EXAMPLES = r"""
- name: Push the training image
  distrain.cluster.image_push:
    name: distrain/llama-factory:e3d8fc7
    registry: harbor.example.com/training
    user: builder
    password: "{{ vault_registry_password }}"
  register: pushed
"""

RETURN = r"""
target:
  description: The name of the image at the registry.
  returned: success
  type: str
  sample: harbor.example.com/training/distrain/llama-factory:e3d8fc7-0f1e2d3c4b5a69788796a5b4
reference:
  description: What other hosts pull, by its digest; empty in check mode where it was not pushed yet.
  returned: success
  type: str
  sample: >-
    harbor.example.com/training/distrain/llama-factory@sha256:6a92cd1fcdc8d8cdec60f33dda4db2cb1fcdcacf3410a8e05b3741f44a9b5998
size:
  description: The size of the image as the engine counts it, in bytes.
  returned: success
  type: int
image_identity:
  description: What is the same on every host that holds this image, as M(distrain.cluster.image_info) returns it.
  returned: success
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan, Step
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.image.arguments import REGISTRY_ARGUMENTS
from ansible_collections.distrain.cluster.plugins.module_utils.image.name import with_tag
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.registry.access import login_of, observe_push, push
from ansible_collections.distrain.cluster.plugins.module_utils.registry.name import digest_name
from ansible_collections.distrain.cluster.plugins.module_utils.registry.plan import Pushed, plan_push

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "registry": {"type": "str", "required": True},
    **REGISTRY_ARGUMENTS,
}


def plan(pushed: Pushed, params: Mapping[str, Any]) -> Plan:
    return plan_push(with_tag(params["name"]), pushed)


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    if step.verb == "push":
        push(engine, params["name"], step.arguments["name"], login_of(params))
    elif engine.image(step.arguments["name"]):
        engine.remove_image(step.arguments["name"])


def report(pushed: Pushed, params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "target": pushed.target,
        "reference": digest_name(pushed.target, pushed.digest) if pushed.digest else "",
        "size": pushed.image.size if pushed.image else 0,
        "image_identity": pushed.image.identity.to_dict() if pushed.image else None,
    }


def main() -> None:
    run(Operation(observe=observe_push, plan=plan, apply=apply, report=report, argument_spec=ARGUMENTS))


if __name__ == "__main__":
    main()
