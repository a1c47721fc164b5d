#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_save
short_description: Save an image of the host to a file there
version_added: "1.0.0"
description:
  - Writes the archive of an image, as C(docker save) does, to a file on the same host.
  - Nothing is written where the file already holds the image under this name. What counts is the identity of the image
    in the file (its layers and its runtime config), not the file's presence, date or checksum.
  - The archive is written beside O(path) under a temporary name and moved there once it is whole, so that O(path)
    always holds either what it held before or the whole image.
options:
  name:
    description: The image to save. A name without a tag means the tag V(latest).
    type: str
    required: true
  path:
    description:
      - The file to write, on the host. Its directory must be there. A file that holds anything else is replaced.
    type: path
    required: true
  mode:
    description: The permissions of the file, in octal and in quotes.
    type: str
    default: "0600"
extends_documentation_fragment:
  - distrain.cluster.image
  - distrain.cluster.engine
  - distrain.cluster.attributes
seealso:
  - module: community.docker.docker_image_export
    description: >-
      Exports several images into one archive. This module writes one, compares the image in an archive that is there
      by its layers, and never leaves a half-written archive under its name.
  - module: distrain.cluster.image_load
  - module: distrain.cluster.image_transfer
"""

EXAMPLES = r"""
- name: Keep the training image in a file
  distrain.cluster.image_save:
    name: distrain/llama-factory:e3d8fc7
    path: /srv/images/llama-factory.tar
"""

RETURN = r"""
bytes:
  description: The size of the file; 0 in check mode where it is not there yet.
  returned: success
  type: int
path:
  description: The file.
  returned: success
  type: str
image_identity:
  description: What is the same on every host that holds this image, as M(distrain.cluster.image_info) returns it.
  returned: success
  type: dict
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan, Step
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.image.archived import ArchiveFile
from ansible_collections.distrain.cluster.plugins.module_utils.image.arguments import IMAGE_ARGUMENTS
from ansible_collections.distrain.cluster.plugins.module_utils.image.file import observe_file, write_file
from ansible_collections.distrain.cluster.plugins.module_utils.image.name import with_tag
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import observe_image, store_of
from ansible_collections.distrain.cluster.plugins.module_utils.image.plan import plan_save
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run

ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "mode": {"type": "str", "default": "0600"},
    **IMAGE_ARGUMENTS,
}


@dataclass(frozen=True)
class ImageAndFile:
    image: HeldImage | None
    file: ArchiveFile | None


def observe(engine: Engine, params: Mapping[str, Any]) -> ImageAndFile:
    image = observe_image(engine, with_tag(params["name"]), store_of(engine.info()))
    return ImageAndFile(image, observe_file(params["path"]))


def plan(observed: ImageAndFile, params: Mapping[str, Any]) -> Plan:
    return plan_save(params["name"], params["path"], octal(params["mode"]), observed.image, observed.file)


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    path, mode = step.arguments["path"], octal(params["mode"])
    if step.verb == "set_mode":
        Path(path).chmod(mode)
        return
    write_file(path, engine.save_image(with_tag(step.arguments["name"])), mode, step.arguments["fingerprint"])


def report(observed: ImageAndFile, params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "bytes": observed.file.size if observed.file else 0,
        "path": params["path"],
        "image_identity": observed.image.identity.to_dict() if observed.image else None,
    }


def octal(mode: str) -> int:
    try:
        number = int(mode, 8)
    except ValueError:
        number = -1
    if not 0 <= number <= 0o777:
        raise ClusterError(f"mode is {mode!r}, which is not a permission in octal. Give one in quotes, such as '0600'.")
    return number


def main() -> None:
    run(Operation(observe=observe, plan=plan, apply=apply, report=report, argument_spec=ARGUMENTS))


if __name__ == "__main__":
    main()
