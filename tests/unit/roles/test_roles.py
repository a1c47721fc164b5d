# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every role owes its users: defaults and argument specs that agree, and a README."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.role_files import (
    JINJA,
    ROLES,
    entry_points,
    load,
    words_of,
)


def is_computed(default: Any) -> bool:
    return "{{" in str(default)


def strings(value: Any) -> list[str]:
    """Every string in a default."""
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_argument_specs_equal_defaults(role: Path) -> None:
    """A computed default is no value of the option's type, so that the spec has none."""
    defaults = load(role / "defaults" / "main.yml")
    options = entry_points(role)["main"]
    assert set(options) == set(defaults)
    specified = {name: option["default"] for name, option in options.items() if "default" in option}
    assert specified == {name: default for name, default in defaults.items() if not is_computed(default)}


COMPUTED = [
    pytest.param(role, name, default, id=name)
    for role in ROLES
    for name, default in load(role / "defaults" / "main.yml").items()
    if is_computed(default)
]


@pytest.mark.parametrize(("role", "name", "default"), COMPUTED)
def test_a_computed_default_is_described_with_all_that_it_is_computed_from(role: Path, name: str, default: Any) -> None:
    described = json.dumps(entry_points(role)["main"][name]["description"])
    for text in strings(default):
        words = [word for jinja in JINJA.findall(text) for word in words_of(jinja)]
        for word in [*words, *(one.strip("./") for one in JINJA.sub("\n", text).splitlines())]:
            assert word in described, f"{name} is {default}"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_variable_begins_with_the_name_of_its_role_and_is_described(role: Path) -> None:
    for name, option in entry_points(role)["main"].items():
        assert name.startswith(f"{role.name}_")
        assert option.get("type"), name
        assert option.get("description"), name


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_role_says_what_it_is(role: Path) -> None:
    assert (role / "README.md").is_file()
    assert load(role / "meta" / "main.yml")["galaxy_info"]["license"] == "GPL-3.0-or-later"
