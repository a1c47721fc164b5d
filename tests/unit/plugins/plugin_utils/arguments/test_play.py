# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action role_arguments in a play: what -e gives, what is computed from it, and where secrets do not go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.tests.unit.support.paths import COLLECTIONS

SECRET = "correct-horse-battery"

OPTIONS: dict[str, Any] = {
    "x_leave": {"type": "bool", "default": False},
    "x_count": {"type": "int", "default": 2},
    "x_total": {"type": "int", "default": "{{ x_count * 1024 if x_leave else 0 }}"},
    "x_command": {"type": "list", "elements": "str", "default": []},
    "x_way": {"type": "str", "default": "{{ 'plain' if x_command else 'other' }}"},
    "x_secrets": {"type": "dict", "default": {}, "no_log": True},
}
RANGES = {"x_count": {"from": 0, "to": 100}, "x_total": {"from": 0, "to": 1000000}}
TASKS = [
    {"name": "Convert", "distrain.cluster.role_arguments": None, "register": "x_arguments"},
    {
        "name": "Write",
        "ansible.builtin.copy": {"content": "{{ x_arguments | to_json }}", "dest": "{{ written }}", "mode": "0600"},
    },
]
PLAY = [
    {
        "name": "Play",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Include",
                "ansible.builtin.include_role": {"name": "x", "rolespec_validate": False},
                "vars": {"ansible_python_interpreter": sys.executable},
            }
        ],
    }
]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    files = {
        "roles/x/meta/argument_specs.yml": {"argument_specs": {"main": {"options": OPTIONS}}},
        "roles/x/meta/argument_ranges.yml": RANGES,
        "roles/x/defaults/main.yml": {name: option["default"] for name, option in OPTIONS.items()},
        "roles/x/tasks/main.yml": TASKS,
        "play.yml": PLAY,
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
    return tmp_path


def run(directory: Path, *arguments: str) -> tuple[str, dict[str, Any]]:
    """What was printed at the highest verbosity, and the arguments that the role got."""
    written = directory / "written.json"
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(directory / "facts"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    environment.pop("ANSIBLE_CONFIG", None)
    command = [sys.executable, "-m", "ansible.cli.playbook", "play.yml", "-vvv", "-e", f"written={written}", *arguments]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, json.loads(written.read_text()) if written.exists() else {}


def test_what_a_command_line_gives_is_converted_and_so_is_what_follows_from_it(directory: Path) -> None:
    _printed, got = run(directory, "-e", "x_leave=false", "-e", "x_count=2", "-e", "x_command=[]")
    assert (got["leave"], got["count"], got["total"], got["command"], got["way"]) == (False, 2, 0, [], "other")


def test_a_secret_is_neither_shown_nor_kept_as_a_fact(directory: Path) -> None:
    variables = json.dumps({"x_secrets": {"TOKEN": "{{ 'correct-horse' ~ '-battery' }}"}, "x_leave": "yes"})
    printed, got = run(directory, "-e", variables)
    assert got["secrets"] == {"TOKEN": SECRET}
    assert got["total"] == 2048
    assert SECRET not in printed.split("TASK [x : Write]")[0]
    facts = directory / "facts"
    assert not facts.exists() or not any(SECRET in one.read_text() for one in facts.iterdir())


def test_all_problems_are_one_message_that_names_host_role_and_variables(directory: Path) -> None:
    variables = json.dumps({"x_count": -5, "x_leave": "{{ nobody }}", "x_secrets": SECRET})
    printed, got = run(directory, "-e", variables)
    assert got == {}
    assert "Host localhost has variables that the role x cannot use." in printed
    assert "x_count: found -5, expected a whole number from 0 to 100." in printed
    assert "x_leave: its value cannot be computed: 'nobody' is undefined." in printed
    assert "x_secrets: found a value that is not shown, expected a dictionary." in printed
    # It only follows from the others.
    assert "x_total: " not in printed


def test_a_trainer_wins_over_the_inventory_and_loses_to_the_use_of_the_role_and_to_the_command_line(
    directory: Path,
) -> None:
    host = {"trainer": "mine", "x_count": 1, "x_leave": True}
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"localhost": host}}}))
    (directory / "trainers").mkdir()
    preset = {"x_count": 3, "x_command": ["{{ own }}"], "own": "a", "x_way": "preset"}
    (directory / "trainers" / "mine.yml").write_text(yaml.safe_dump(preset))
    _printed, got = run(directory, "-i", "hosts.yml")
    assert (got["count"], got["total"], got["command"], got["way"]) == (3, 3072, ["a"], "preset")
    _printed, got = run(directory, "-i", "hosts.yml", "-e", "x_count=4")
    assert (got["count"], got["total"]) == (4, 4096)


# Ansible's own validation comes first here, and reads the defaults of the spec.
@pytest.mark.parametrize("use", [{"vars": {"x_count": 5}}, {"x_count": 5}])
def test_what_a_role_is_used_with_in_a_play_wins_over_the_trainer(directory: Path, use: dict[str, Any]) -> None:
    (directory / "mine.yml").write_text(yaml.safe_dump({"x_count": 3, "x_leave": True}))
    play = {key: value for key, value in PLAY[0].items() if key != "tasks"}
    variables = {"ansible_python_interpreter": sys.executable}
    roles = [{"role": "x", **use}]
    (directory / "play.yml").write_text(yaml.safe_dump([{**play, "vars": variables, "roles": roles}]))
    _printed, got = run(directory, "-e", "trainer=./mine.yml")
    assert (got["count"], got["total"]) == (5, 5120)


def test_a_trainer_that_is_not_found_is_one_message(directory: Path) -> None:
    printed, got = run(directory, "-e", "trainer=nobody")
    assert got == {}
    assert "The variable trainer is 'nobody', but the collection has no such trainer" in printed
