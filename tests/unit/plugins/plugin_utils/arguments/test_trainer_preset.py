# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a trainer, and what its values win over."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.trainer_preset import (
    SHIPPED,
    preset_files,
    with_preset,
)


def test_no_trainer_has_no_file() -> None:
    assert preset_files("", "/inventories") == []


def test_a_name_is_a_file_of_the_collection_then_one_beside_the_inventory(tmp_path: Path) -> None:
    (tmp_path / "trainers").mkdir()
    own, more = tmp_path / "trainers" / "mine.yml", tmp_path / "trainers" / "xuanyuan.yml"
    own.write_text("{}")
    assert preset_files("xuanyuan", str(tmp_path)) == [SHIPPED / "xuanyuan.yml"]
    more.write_text("{}")
    assert preset_files("xuanyuan", str(tmp_path)) == [SHIPPED / "xuanyuan.yml", more]
    assert preset_files("mine", str(tmp_path)) == [own]
    with pytest.raises(
        PlanError, match=r"'other', but the collection has no such trainer, .*/trainers/other.yml.* xuanyuan,"
    ):
        preset_files("other", str(tmp_path))


def test_a_path_is_this_file_alone(tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text("{}")
    assert preset_files(str(own), str(tmp_path)) == [own]
    with pytest.raises(PlanError, match="no such file"):
        preset_files(str(tmp_path / "none.yml"), str(tmp_path))


def test_a_preset_wins_over_all_but_what_is_stronger() -> None:
    variables = {"inventory_says": 1, "command_line_says": 1, "other": 1}
    preset = {"inventory_says": 2, "command_line_says": 2, "nobody_says": 2}
    assert with_preset(variables, preset, {"command_line_says", "nobody_says"}) == {
        "inventory_says": 2,
        "command_line_says": 1,
        "nobody_says": 2,
        "other": 1,
    }
