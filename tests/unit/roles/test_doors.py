# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every variable of every role is validated and converted by its first task, and no role reads one that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    has_own = set(entry_points(role).get(name, {})) - set(entry_points(role)["main"])
    assert (task[DOOR] or {}).get("entry_point") == (name if has_own else None)


def includes(node: Any) -> Iterator[dict[str, str]]:
    """The arguments of every include_role below a node of YAML."""
    if isinstance(node, dict):
        yield from [node["ansible.builtin.include_role"]] if "ansible.builtin.include_role" in node else []
        node = list(node.values())
    for one in node if isinstance(node, list) else []:
        yield from includes(one)


def sold(role: Path) -> set[str]:
    """The entry points that a README names, and those of the playbooks."""
    texts = [(role / "README.md").read_text(), (ROOT / "README.md").read_text()]
    found = {name for text in texts for name in re.findall(r"tasks_from: ([a-z_]+)", text)}
    playbooks = "".join(path.read_text() for path in (ROOT / "playbooks").glob("*.yml"))
    return found | set(re.findall(rf"name: distrain\.cluster\.{role.name}\n\s+tasks_from: (.*)\n", playbooks))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_entry_point_that_users_are_told_of_is_documented(role: Path) -> None:
    specs = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    assert sold(role) <= set(specs)
    for name, spec in specs.items():
        assert (role / "tasks" / f"{name}.yml").is_file()
        assert spec["short_description"]
        assert spec["description"]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_options_of_an_entry_point_are_all_that_its_tasks_read(role: Path) -> None:
    main = set(entry_points(role)["main"])
    for name, options in entry_points(role).items():
        # One with options of its own is for a lab that the others describe.
        known = set(options) | main if set(options) - main else set(options)
        read = re.findall(rf"{role.name}_arguments\.([a-z_0-9]+)", (role / "tasks" / f"{name}.yml").read_text())
        assert {f"{role.name}_{one}" for one in read} <= known, name


@pytest.mark.parametrize("folder", ["playbooks", "roles"])
def test_no_role_is_validated_twice(folder: str) -> None:
    """What role_arguments refuses is one error; Ansible's own comes before it and says less."""
    for path in (ROOT / folder).rglob("*.yml"):
        for include in includes(load(path)):
            specs = load(ROOT / "roles" / include["name"].rpartition(".")[2] / "meta" / "argument_specs.yml")
            name = include.get("tasks_from", "main")
            is_documented = "{{" in name or name in specs["argument_specs"]
            assert is_documented != include.get("rolespec_validate", True), (path, include)


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
