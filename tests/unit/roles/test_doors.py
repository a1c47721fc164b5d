# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every variable of every role is validated and converted by its first task, and no role reads one that is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.role_files import (
    ROLES,
    ROOT,
    all_options,
    entry_points,
    jinja_of,
    load,
    names_of,
)

DOOR = "distrain.cluster.role_arguments"
FOLDERS = ("tasks", "handlers", "vars", "templates")
# The files of tasks that tasks_from gives by an expression.
BY_EXPRESSION = {"fabric": {"observe", "choose"}}


def starts(role: Path) -> set[str]:
    """The files of tasks at which a play or another role starts."""
    found = {"main", *BY_EXPRESSION.get(role.name, set()), *entry_points(role)}
    pattern = re.compile(rf"name: distrain\.cluster\.{role.name}\n\s+tasks_from: (.*)\n")
    for folder in ("playbooks", "roles", "molecule", "tests"):
        for path in (ROOT / folder).rglob("*.yml"):
            found |= {name.strip().removesuffix(".yml") for name in pattern.findall(path.read_text())}
    unknown = {name for name in found if "{{" in name}
    assert not unknown or role.name in BY_EXPRESSION, unknown
    return found - unknown


def first_task(role: Path, name: str) -> dict[str, Any]:
    """The first task of a file, imports and blocks followed."""
    task = load(role / "tasks" / f"{name}.yml")[0]
    task = task["block"][0] if "block" in task else task
    imported = task.get("ansible.builtin.import_tasks")
    return first_task(role, imported.removesuffix(".yml")) if imported else task


CASES = [pytest.param(role, name, id=f"{role.name}-{name}") for role in ROLES for name in sorted(starts(role))]


@pytest.mark.parametrize(("role", "name"), CASES)
def test_the_first_task_validates_and_converts_the_arguments(role: Path, name: str) -> None:
    task = first_task(role, name)
    assert DOOR in task
    assert task["register"] == f"{role.name}_arguments"
    assert set(task) == {"name", DOOR, "register"}, "it may depend on nothing"
    own = name if name != "main" and name in entry_points(role) else None
    assert (task[DOOR] or {}).get("entry_point") == own


FILES = [
    pytest.param(role, path, id=f"{role.name}-{path.parent.name}-{path.name}")
    for role in ROLES
    for folder in FOLDERS
    for path in sorted((role / folder).rglob("*"))
    if path.suffix in (".yml", ".j2")
]


@pytest.mark.parametrize(("role", "path"), FILES)
def test_no_role_reads_a_variable_that_is_not_converted(role: Path, path: Path) -> None:
    read = {name for jinja in jinja_of(path) for name in names_of(jinja)}
    assert not read & set(all_options(role))


@pytest.mark.parametrize(("role", "path"), FILES)
def test_every_argument_that_a_role_reads_is_one_of_its_options(role: Path, path: Path) -> None:
    known = {name.removeprefix(f"{role.name}_") for name in all_options(role)}
    read = set(re.findall(rf"(?<![a-z_]){role.name}_arguments\.([a-z_0-9]+)", path.read_text()))
    assert read <= known
