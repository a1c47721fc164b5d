# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of variables that describes a trainer, found on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: trainer_preset
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: The file that describes a trainer
description:
  - Finds the file of variables of a trainer, to be loaded as one of the C(vars_files) of a play.
  - A name such as V(xuanyuan) means the file of this name that the collection brings, or the one in the directory
    C(trainers) beside the inventory. A path, which has a slash in it or ends with C(.yml) or C(.yaml), means this file.
  - Of two files of the same name the inventory's is loaded after the collection's, and only has to say what differs.
options:
  _terms:
    description:
      - The name of a trainer, or the path of a file.
      - Empty for none, so that the variables of the inventory describe the trainer.
    type: list
    elements: str
    required: true
  beside:
    description:
      - The directory of the inventory. With it the file beside the inventory is given, without it the collection's.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Build the image of the trainer that was asked for
  hosts: gpu_hosts
  vars_files:
    - "{{ lookup('distrain.cluster.trainer_preset', trainer | default('')) }}"
    - "{{ lookup('distrain.cluster.trainer_preset', trainer | default(''), beside=inventory_dir | default('')) }}"
  roles:
    - distrain.cluster.image_build
"""

RETURN = r"""
_list:
  description:
    - The path of the file, or of an empty one where there is nothing to load.
  type: list
  elements: path
"""

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

SHIPPED = Path(__file__).parents[2] / "trainers"
NOTHING = os.devnull


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        beside = (self.get_option("beside") or "") if "beside" in kwargs else None
        return [preset_file(str(term or ""), beside) for term in terms]


def preset_file(trainer: str, beside: str | None = None) -> str:
    """The collection's file of a trainer, or the one ``beside`` the inventory; a path counts as the collection's."""
    if not trainer:
        return NOTHING
    if os.sep in trainer or trainer.endswith((".yml", ".yaml")):
        return _given_file(trainer) if beside is None else NOTHING
    shipped = SHIPPED / f"{trainer}.yml"
    if beside is None:
        return str(shipped) if shipped.is_file() else NOTHING
    # Ansible asks for the files of a play before it has a host, too: there is no inventory then.
    return _beside_inventory(trainer, Path(beside), shipped.is_file()) if beside else NOTHING


def _beside_inventory(trainer: str, inventory_directory: Path, is_shipped: bool) -> str:
    own = inventory_directory / "trainers" / f"{trainer}.yml"
    if own.is_file():
        return str(own)
    if is_shipped:
        return NOTHING
    raise AnsibleLookupError(
        f"The variable trainer is '{trainer}', but the collection brings no such trainer, and there is no {own}. It "
        f"brings {', '.join(shipped_names())}; the path of a file of variables is one with a slash, or ends with .yml."
    )


def shipped_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.yml"))


def _given_file(given: str) -> str:
    path = Path(given).expanduser().absolute()
    if not path.is_file():
        raise AnsibleLookupError(
            f"The variable trainer is '{given}', but the controller has no such file. Give the path of a file of "
            f"variables, or one of these names: {', '.join(shipped_names())}."
        )
    return str(path)
