# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Only check mode may leave out what needs an engine; a real run goes on, and fails where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

FACT = "docker_engine_ready"
GUARD = f"not ansible_check_mode or {FACT} | default(true)"


def conditions(node: Any) -> Iterator[str]:
    """Every condition of a playbook or a file of tasks."""
    if isinstance(node, list):
        for one in node:
            yield from conditions(one)
    elif isinstance(node, dict):
        given = node.get("when", [])
        yield from (str(one) for one in (given if isinstance(given, list) else [given]))
        for one in node.values():
            yield from conditions(one)


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.name)
def test_a_playbook_leaves_out_nothing_in_a_real_run(path: Path) -> None:
    for condition in conditions(yaml.safe_load(path.read_text())):
        assert FACT not in condition or condition == GUARD


@pytest.mark.parametrize("role", ["docker", "nvidia_toolkit"])
def test_no_handler_restarts_an_engine_behind_the_back_of_its_module(role: str) -> None:
    for path in (ROOT / "roles" / role).rglob("*.yml"):
        assert "state: restarted" not in path.read_text()
