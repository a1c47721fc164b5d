# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that a person expects run a whole part, in the site as in the part's own playbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").glob("*.yml") if path.stem not in ("site", "lab"))
PARTS = {
    "preflight": {"preflight"},
    "hosts": {"hosts"},
    "swarm": {"swarm"},
    "image": {"images_begin", "images"},
    "trainer": {"train"},
}


def plays(path: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_each_play_has_the_name_of_its_playbook_as_a_tag(path: Path) -> None:
    """A tag of a play is one of all its tasks, those of roles and of included files too."""
    for play in plays(path):
        assert path.stem in play["tags"]


@pytest.mark.parametrize(("tag", "part"), PARTS.items())
def test_a_tag_runs_one_part_of_the_site(tag: str, part: set[str]) -> None:
    site = [Path(play["ansible.builtin.import_playbook"]).stem for play in plays(ROOT / "playbooks/site.yml")]
    having = {name for name in site for play in plays(ROOT / f"playbooks/{name}.yml") if tag in play["tags"]}
    assert having == part


@pytest.mark.parametrize(("tag", "roles"), [("docker", ["docker"]), ("nvidia", ["nvidia_driver", "nvidia_toolkit"])])
def test_a_tag_runs_its_roles_of_the_hosts(tag: str, roles: list[str]) -> None:
    """Tags of a role that is included, not imported, would stay on its include alone."""
    (play,) = plays(ROOT / "playbooks/hosts.yml")
    found = [task["ansible.builtin.import_role"]["name"] for task in play["tasks"] if tag in task["tags"]]
    assert found == [f"distrain.cluster.{role}" for role in roles]


def test_the_tag_job_runs_the_whole_play_and_can_be_skipped_alone() -> None:
    (play,) = plays(ROOT / "playbooks/train.yml")
    assert "job" not in play["tags"]
    assert "{{ 'job' if 'job' in ansible_run_tags else 'train' }}" in play["tags"]
    tasks = yaml.safe_load((ROOT / "roles/trainer_launch/tasks/main.yml").read_text())
    steps = [step for task in tasks for step in task.get("block", ())]
    assert [step["name"] for step in steps if step.get("tags") == ["job"]] == ["Run the job"]
