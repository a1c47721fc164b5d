#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pull
short_description: Pull an image from a registry by its digest, and prove that it is the one that was pushed
version_added: "1.0.0"
description:
  - Pulls what M(distrain.cluster.image_push) has pushed from another host, and gives it the name that it has there.
  - Nothing is pulled where the host has the image already, for either image store. What counts is the identity of the
    image (its layers and its runtime config), which is compared again with what has come.
  - The containerd image store does not fetch a layer that it has unpacked already, also where it was packed in another
    way, by an image that was built or brought otherwise; then the image would not be whole. The module removes it again
    and fails with RV(lacks_layers), and M(distrain.cluster.image_transfer) can bring it.
  - The name points to what it pointed to before until the whole image is there.
options:
  name:
    description: The name that the image gets on this host. A name without a tag means the tag V(latest).
    type: str
    required: true
  reference:
    description:
      - What is pulled, as M(distrain.cluster.image_push) returns it.
      - It may be empty in check mode, where the image was not pushed yet.
    type: str
    required: true
  image_identity:
    description: What the image is, as M(distrain.cluster.image_push) returns it.
    type: dict
    required: true
  size:
    description:
      - The size of the image in bytes, as M(distrain.cluster.image_push) returns it. A host that has no layer of it,
        and less room than that, is refused before anything comes.
    type: int
    default: 0
  disk_reserve:
    description: What must stay free on the engine's disk, in bytes.
    type: int
    default: 1073741824
extends_documentation_fragment:
  - distrain.cluster.image
  - distrain.cluster.image.registry
  - distrain.cluster.engine
  - distrain.cluster.attributes
seealso:
  - module: community.docker.docker_image_pull
    description: >-
      Pulls by any name, a tag or a platform, from any registry. Take it for images of others. This module pulls what
      M(distrain.cluster.image_push) has pushed, and proves that it is the same image.
  - module: distrain.cluster.image_push
"""

EXAMPLES = r"""
- name: Pull the training image on every worker
  distrain.cluster.image_pull:
    name: distrain/llama-factory:e3d8fc7
    reference: "{{ hostvars['gpu-01'].pushed.reference }}"
    image_identity: "{{ hostvars['gpu-01'].pushed.image_identity }}"
    user: builder
    password: "{{ vault_registry_password }}"
"""

RETURN = r"""
lacks_layers:
  description: Whether it failed because the containerd image store left out layers that it has from elsewhere.
  returned: failure, where it is so
  type: bool
image_identity:
  description:
    - What is the same on every host that holds this image, as M(distrain.cluster.image_info) returns it. It is null
      in check mode where it would be pulled.
  returned: success
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.image.arguments import REGISTRY_ARGUMENTS
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_images
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.registry.access import image_to_name, login_of, pull
from ansible_collections.distrain.cluster.plugins.module_utils.registry.plan import Pulled, plan_pull

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "reference": {"type": "str", "required": True},
    "image_identity": {"type": "dict", "required": True},
    "size": {"type": "int", "default": 0},
    "disk_reserve": {"type": "int", "default": 1073741824},
    **REGISTRY_ARGUMENTS,
}


def observe(engine: Engine, params: Mapping[str, Any]) -> Pulled:
    reference = params["reference"]
    return Pulled(observe_images(engine), bool(reference) and engine.image(reference) is not None)


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    if step.verb == "pull":
        pull(engine, params["reference"], ImageIdentity.from_dict(params["image_identity"]), login_of(params))
    elif step.verb == "tag":
        image = image_to_name(observe_images(engine), step.arguments["fingerprint"])
        engine.tag_image(image.id, step.arguments["name"])
    elif engine.image(step.arguments["name"]):
        engine.remove_image(step.arguments["name"])


def report(pulled: Pulled, params: Mapping[str, Any]) -> dict[str, Any]:
    held = pulled.host.same_as(ImageIdentity.from_dict(params["image_identity"]))
    return {"image_identity": held.identity.to_dict() if held else None}


def main() -> None:
    run(Operation(observe=observe, plan=plan_pull, apply=apply, report=report, argument_spec=ARGUMENTS))


if __name__ == "__main__":
    main()
