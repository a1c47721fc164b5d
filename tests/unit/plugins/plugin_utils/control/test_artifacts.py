# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.artifacts import artifacts_directory


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("mine", "ansible_collections/distrain/cluster/inventories/lab"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "hosts.yml").touch()
    (tmp_path / "empty").mkdir()
    return tmp_path


# The sources, whether Ansible skips the name, the working directory, and where the artifacts go: all below the project.
CASES = [
    (["mine/hosts.yml"], False, "empty", "mine/artifacts"),
    (["mine"], True, "empty", "mine/artifacts"),
    (["mine"], True, "mine", "mine/artifacts"),
    (["mine"], False, "empty", "empty/artifacts"),
    (["missing", "mine/hosts.yml"], False, "empty", "mine/artifacts"),
    ([], False, "empty", "empty/artifacts"),
    (["ansible_collections/distrain/cluster/inventories/lab"], True, "empty", "empty/artifacts"),
]


@pytest.mark.parametrize(("sources", "is_ignored", "working", "where"), CASES)
def test_where_they_go(project: Path, sources: list[str], is_ignored: bool, working: str, where: str) -> None:
    paths = [str(project / source) for source in sources]
    assert artifacts_directory(paths, project / working, lambda _name: is_ignored) == project / where


def test_the_variable_wins_and_may_be_relative(project: Path) -> None:
    chosen = artifacts_directory([str(project / "mine")], project / "empty", lambda _name: True, "results")
    assert chosen == project / "empty" / "results"
    assert artifacts_directory([], project, lambda _name: True, "/srv/results") == Path("/srv/results")


@pytest.mark.parametrize("source", ["gpu-01,", "gpu-01,gpu-02", "/etc/ansible/hosts"])
def test_what_is_no_inventory_of_the_users(project: Path, source: str) -> None:
    assert artifacts_directory([source], project, lambda _name: False) == project / "artifacts"


def test_results_that_ansible_would_read_as_inventory_are_refused(project: Path) -> None:
    (project / "mine" / "artifacts").mkdir()
    for working in (project, project / "mine"):
        with pytest.raises(PlanError, match="ignore_patterns"):
            artifacts_directory([str(project / "mine")], working, lambda _name: False)
