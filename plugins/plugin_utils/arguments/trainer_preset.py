# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the files of variables that describe a trainer, and put their values among the variables of a host."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

SHIPPED = Path(__file__).parents[3] / "playbooks" / "vars" / "trainers"


def preset_files(trainer: str, inventory_directory: str) -> list[Path]:
    """
    Return the files of a trainer, the one that overrides the other last; none for an empty name.

    A name means the collection's file of this name and the one in C(trainers) beside the inventory, of which one may be
    missing. A path, which has a slash in it or ends with C(.yml) or C(.yaml), means this file. Raise PlanError where
    there is no file.
    """
    if not trainer:
        return []
    if os.sep in trainer or trainer.endswith((".yml", ".yaml")):
        files = [Path(trainer).expanduser().absolute()]
        missing = "the controller has no such file"
    else:
        files = [SHIPPED / f"{trainer}.yml", Path(inventory_directory, "trainers", f"{trainer}.yml").absolute()]
        missing = f"the collection has no such trainer, and there is no {files[1]}"
    found = [file for file in files if file.is_file()]
    if not found:
        raise PlanError(
            f"The variable trainer is '{trainer}', but {missing}. Give one of {', '.join(shipped_names())}, or the "
            "path of a file of variables, which has a slash in it or ends with .yml."
        )
    return found


def shipped_names() -> list[str]:
    """Return the names of the trainers that the collection has."""
    return sorted(path.stem for path in SHIPPED.glob("*.yml"))


def with_preset(variables: Mapping[str, Any], preset: Mapping[str, Any], stronger: Set[str]) -> dict[str, Any]:
    """Return the variables of a host with the values of the preset, but for the names in ``stronger`` that it has."""
    return {**variables, **{name: value for name, value in preset.items() if name not in stronger & variables.keys()}}
