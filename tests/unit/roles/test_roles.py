# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every role owes its users: defaults and argument specs that agree, and a README."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.role_files import ROLES, entry_points, load


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_argument_specs_equal_defaults(role: Path) -> None:
    specified = {name: option.get("default") for name, option in entry_points(role)["main"].items()}
    assert specified == load(role / "defaults" / "main.yml")


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
