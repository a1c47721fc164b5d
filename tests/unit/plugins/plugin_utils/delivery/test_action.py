# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""For which hosts a pass is, from those that are there and those that are to come, without Ansible."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.control import participants as module
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.participants import participants
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.running_tasks import RunningTasks
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import _all_as_one

HOSTS = ["a", "b", "c", "d"]


class Task:
    key = "K"

    def __init__(self, times: dict[str, int], by_all: bool) -> None:
        self._times = times
        self._by_all = by_all

    def times_for(self, host: str) -> int:
        return self._times.get(host, 1)

    def is_run_by_all(self) -> bool:
        return self._by_all


class Running:
    """One more host is there at each look, up to as many as there are."""

    def __init__(self, hosts: dict[str, str], done: dict[str, int]) -> None:
        self._looks = itertools.count(1)
        self._hosts = hosts
        self._done = done

    def hosts(self) -> dict[str, str]:
        return dict(list(self._hosts.items())[: next(self._looks)])

    def times_done(self, host: str, key: str) -> int:
        return self._done.get(host, 0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.001)
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.05)


@pytest.mark.parametrize(
    ("there", "times", "done", "forks", "by_all", "named", "chosen"),
    [
        # As many forks as hosts: those that are there, and no other.
        ({"a": "K", "b": "K", "c": "K", "d": "K"}, {}, {}, 4, True, False, "abcd"),
        ({"a": "K", "b": "K", "c": "other"}, {"c": 0, "d": 0}, {}, 4, True, False, "ab"),
        ({"a": "K", "b": "K"}, {}, {}, 4, True, False, "ab"),
        # What its variables say of a host counts for nothing where it is there.
        ({"a": "K", "b": "K"}, {"b": 0}, {}, 4, True, False, "ab"),
        # Fewer forks: those to come are known where all come to the task.
        ({"a": "K"}, {"d": 0}, {}, 1, True, False, "abc"),
        ({"a": "K"}, {"d": 0}, {}, 1, False, False, "a"),
        ({"a": "K", "b": "K"}, {"d": 0}, {}, 2, False, False, "ab"),
        # Those that have done it already do not come again.
        ({"b": "K"}, {}, {"a": 1}, 1, True, False, "bcd"),
        ({"b": "K"}, {"a": 2}, {"a": 1}, 1, True, False, "abcd"),
        # The user names them.
        ({"a": "K"}, {"c": 0}, {}, 4, False, True, "abd"),
    ],
)
def test_who_is_worked_for(
    there: dict[str, str],
    times: dict[str, int],
    done: dict[str, int],
    forks: int,
    by_all: bool,
    named: bool,
    chosen: str,
) -> None:
    own = next(iter(there))
    found = participants(Task(times, by_all), own, HOSTS, Running(there, done), forks, named)
    assert found == list(chosen)


def test_a_host_says_itself_that_it_runs_and_has_run(tmp_path: Path) -> None:
    running, other = RunningTasks(str(tmp_path), "task"), RunningTasks(str(tmp_path), "another")
    with running.running("a", "x"), running.running("b", "y"), other.running("c", "x"):
        assert RunningTasks(str(tmp_path), "task").hosts() == {"a": "x", "b": "y"}
    assert running.hosts() == {}
    with running.running("a", "x"):
        assert running.times_done("a", "x") == 1
    assert [running.times_done("a", key) for key in ("x", "y")] == [2, 0]
    assert other.times_done("a", "x") == 0


def test_a_dead_process_runs_nothing(tmp_path: Path) -> None:
    running = RunningTasks(str(tmp_path), "task")
    child = os.fork()
    if not child:
        running.running("a", "x").__enter__()
        os._exit(0)
    os.waitpid(child, 0)
    assert list(tmp_path.iterdir())
    assert running.hosts() == {}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({"a": {"changed": False}, "b": {"changed": True}}, {"changed": True}),
        (
            {"a": {"changed": True}, "b": {"failed": True, "msg": "The disk is full."}},
            {"changed": True, "failed": True, "msg": "b: The disk is full."},
        ),
    ],
)
def test_run_once_fails_where_any_host_does(results: dict[str, Any], expected: dict[str, Any]) -> None:
    judge: Callable[..., dict[str, Any]] = _all_as_one
    assert judge("a", results) == expected
