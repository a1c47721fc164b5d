# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The map in CONTRIBUTING.md: it names every room, and no file that is not there."""

from __future__ import annotations

import re

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
ROOMS = [path.parent.relative_to(ROOT / "plugins") for path in (ROOT / "plugins").glob("*_utils/*/__init__.py")]


def table_of(root: str) -> str:
    """Return the rows of the table of rooms below C(root)."""
    return TEXT.partition(f"| {root} | |\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_every_room_is_in_the_map(room: object) -> None:
    root, name = str(room).split("/")
    assert f"`{name}`" in table_of(root)


@pytest.mark.parametrize("root", ["module_utils", "plugin_utils"])
def test_every_room_in_the_map_is_there(root: str) -> None:
    for name in re.findall(r"`([a-z]+)`", table_of(root)):
        assert (ROOT / "plugins" / root / name / "__init__.py").is_file(), name


NAMED = {
    path
    for path in re.findall(r"`((?:plugins|roles|tests|playbooks)/[\w/.-]+\.(?:py|yml))`", TEXT)
    if "NAME" not in path
}


@pytest.mark.parametrize("path", sorted(NAMED))
def test_every_file_that_it_names_is_there(path: str) -> None:
    assert (ROOT / path).is_file()
