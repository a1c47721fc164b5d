#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_load
short_description: Load an image into the engine from a file on the host
version_added: "1.0.0"
description:
  - Loads the archive of one image, as M(distrain.cluster.image_save) or C(docker save) writes it.
  - Nothing is loaded where the engine already has this image under its name. What counts is the identity of the image
    (its layers and its runtime config). Where the engine has the image, but not its name, it only gets the name.
  - Before the engine gets the archive, every layer in it is read and its digest compared. An archive that is truncated
    or damaged, or that holds another image than O(name), is refused, and the engine is left as it was.
options:
  path:
    description:
      - The archive, on the host. It must hold exactly one image.
      - It may be compressed as a whole with gzip, xz, bzip2 or, where the host has the command C(zstd), with zstd. It
        is unpacked for each of the three times that it is read, so an archive that is not compressed loads faster.
    type: path
    required: true
  name:
    description:
      - The name that the image in the archive is expected to have. Without it, any is right.
      - An image that has no name in the archive gets this one.
    type: str
extends_documentation_fragment:
  - distrain.cluster.image
  - distrain.cluster.engine
  - distrain.cluster.attributes
attributes:
  check_mode:
    details: The digests of the layers are compared by the real run only.
seealso:
  - module: community.docker.docker_image_load
    description: >-
      Loads an archive of several images, and always reports a change. This module loads one image, and nothing where
      the engine has it already; it checks every layer before the engine gets the archive.
  - module: distrain.cluster.image_save
  - module: distrain.cluster.image_transfer
"""

EXAMPLES = r"""
- name: Load the training image from its file
  distrain.cluster.image_load:
    path: /srv/images/llama-factory.tar
    name: distrain/llama-factory:e3d8fc7
"""

RETURN = r"""
bytes:
  description: The size of the layers in the archive.
  returned: success
  type: int
names:
  description: The names that the image has, or would have, by this task.
  returned: success
  type: list
  elements: str
image_identity:
  description: What is the same on every host that holds this image, as M(distrain.cluster.image_info) returns it.
  returned: success
  type: dict
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan, Step
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.image.archived import ArchivedImage
from ansible_collections.distrain.cluster.plugins.module_utils.image.arguments import IMAGE_ARGUMENTS
from ansible_collections.distrain.cluster.plugins.module_utils.image.file import read_file
from ansible_collections.distrain.cluster.plugins.module_utils.image.load import give_name, load_file
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_images
from ansible_collections.distrain.cluster.plugins.module_utils.image.plan import plan_load, wanted_names
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HostImages
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "name": {"type": "str"},
    **IMAGE_ARGUMENTS,
}


@dataclass(frozen=True)
class ArchiveAndImages:
    archive: ArchivedImage
    host: HostImages


def observe(engine: Engine, params: Mapping[str, Any]) -> ArchiveAndImages:
    return ArchiveAndImages(read_file(params["path"], check_layers=False), observe_images(engine))


def plan(observed: ArchiveAndImages, params: Mapping[str, Any]) -> Plan:
    return plan_load(params["path"], params["name"], observed.archive, observed.host)


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    if step.verb == "load":
        load_file(engine, params["path"])
    else:
        give_name(engine, step.arguments["fingerprint"], step.arguments["name"])


def report(observed: ArchiveAndImages, params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "bytes": observed.archive.size,
        "names": list(wanted_names(params["path"], params["name"], observed.archive)),
        "image_identity": observed.archive.identity.to_dict(),
    }


def main() -> None:
    run(Operation(observe=observe, plan=plan, apply=apply, report=report, argument_spec=ARGUMENTS))


if __name__ == "__main__":
    main()
