# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of the house that a reader would otherwise have to check by hand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
MODULE_UTILS = sorted((PLUGINS / "module_utils").glob("*.py"))


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", sorted(PLUGINS.rglob("*.py")), ids=lambda path: path.name)
def test_only_engine_imports_docker(path: Path) -> None:
    if path.name != "engine.py" or path.parent.name != "module_utils":
        assert not {name for name in imports(path) if name.split(".")[0] == "docker"}


@pytest.mark.parametrize("path", MODULE_UTILS, ids=lambda path: path.name)
def test_only_module_knows_ansible_module(path: Path) -> None:
    if path.name != "module.py":
        assert "ansible.module_utils.basic" not in imports(path)


@pytest.mark.parametrize(
    "path", [path for path in MODULE_UTILS if path.stem.endswith("_plan")], ids=lambda path: path.name
)
def test_plans_are_pure(path: Path) -> None:
    impure = {"os", "subprocess", "socket", "time", "shutil", "pathlib", "tempfile", "requests"}
    assert not {name for name in imports(path) if name.split(".")[0] in impure or name.endswith(".engine")}
