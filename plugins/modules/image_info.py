#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_info
short_description: Read the images of a host
version_added: "1.0.0"
description:
  - Returns the images that the engine holds, with the identity that each of them has on every host and in either image
    store, and what the engine's disk has free.
options:
  names:
    description:
      - The images to look for. A name without a tag means the tag V(latest).
      - Without it, every image of the host is returned, those without a name included.
    type: list
    elements: str
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes.info
seealso:
  - module: community.docker.docker_image_info
    description: >-
      The whole of what Docker has of an image. This module returns an identity that is the same on every host and in
      both image stores, by which images of hosts can be compared, where the image ID differs.
"""

EXAMPLES = r"""
- name: Read the identity of the training image
  distrain.cluster.image_info:
    names:
      - distrain/llama-factory:e3d8fc7
  register: image
"""

RETURN = r"""
images:
  description: The images that were found.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: The engine's own ID of the image; it differs between the two image stores., type: str}
    names: {description: Every name of the image on this host., type: list, elements: str}
    size: {description: "The size of the image as the engine counts it, in bytes.", type: int}
    identity:
      description: What is the same on every host that holds this image.
      returned: success
      type: dict
      contains:
        fingerprint:
          description: The SHA-256 of the layers' diff IDs, the runtime config, the architecture and the system.
          type: str
        config_digest:
          description: The digest of the image's config; null where the image store does not report it.
          type: str
        diff_ids: {description: "The diff IDs of the layers, the lowest first.", type: list, elements: str}
absent:
  description: Those of O(names) that this host does not have.
  returned: success
  type: list
  elements: str
store:
  description: The kind of the engine's image store, V(classic) or V(containerd).
  returned: success
  type: str
root_directory:
  description:
    - The directory that images go to. This is the engine's data directory, or containerd's own where the image store is
      containerd's and that directory has less room.
  returned: success
  type: str
free_bytes:
  description: What is free on the file system of RV(root_directory); null where it is not on this host.
  returned: success
  type: int
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.image.name import with_tag
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_images
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info

ARGUMENTS: dict[str, Any] = {"names": {"type": "list", "elements": "str"}}


def observe(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    names = params["names"]
    host = observe_images(engine)
    found = host.to_dict()
    if names is None:
        return {**found, "absent": []}
    wanted = {with_tag(name) for name in names}
    images = [image for image in found["images"] if wanted & set(image["names"])]
    return {**found, "images": images, "absent": [name for name in names if host.named(name) is None]}


def main() -> None:
    run_info(observe, ARGUMENTS)


if __name__ == "__main__":
    main()
