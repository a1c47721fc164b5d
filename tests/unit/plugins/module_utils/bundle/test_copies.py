# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies in a bundle: only what differs is copied, and what is more is removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.modules import bundle_copy


def texts(directory: Path) -> dict[str, str]:
    return {str(one.relative_to(directory)): one.read_text() for one in directory.rglob("*") if one.is_file()}


def test_a_directory(tmp_path: Path, run_module: Any) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "more").mkdir(parents=True)
    (source / "a").write_text("1")
    (source / "more/b").write_text("2")
    target.mkdir()
    (target / "a").write_text("9")
    (target / "old").write_text("0")
    checked = run_module(bundle_copy, check_mode=True, src=str(source), dest=str(target))
    assert checked["changed"]
    assert texts(target) == {"a": "9", "old": "0"}
    assert run_module(bundle_copy, src=str(source), dest=str(target))["changed"]
    assert texts(target) == {"a": "1", "more/b": "2"}
    assert not run_module(bundle_copy, src=str(source), dest=str(target))["changed"]


def test_a_file(tmp_path: Path, run_module: Any) -> None:
    (tmp_path / "base.tar").write_text("image")
    target = tmp_path / "bundle/trainer/base.tar"
    assert run_module(bundle_copy, src=str(tmp_path / "base.tar"), dest=str(target))["changed"]
    assert target.read_text() == "image"
    assert not run_module(bundle_copy, src=str(tmp_path / "base.tar"), dest=str(target))["changed"]


@pytest.mark.parametrize("name", ["missing", "missing/more"])
def test_a_source_that_is_not_there(tmp_path: Path, run_module: Any, name: str) -> None:
    result = run_module(bundle_copy, src=str(tmp_path / name), dest=str(tmp_path / "target"))
    assert "no such file or directory" in result["msg"]
