# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file, the record and the engine end in one of two states, whatever fails on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.daemon import change as daemon_change
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.journal import engine_reason
from ansible_collections.distrain.cluster.plugins.modules import engine_configuration

HOST = '{"labels": ["owner=host"]}'


class FakeUnit:
    """An engine that comes up unless its file holds the key "bad", and validates unless it holds "unknown"."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_up = True
        self.restarts = 0

    def command(self) -> tuple[str, ...]:
        return ("dockerd", "-H", "fd://")

    def answers(self) -> bool:
        return self.is_up

    def refused_configuration(self, command: Sequence[str], path: Path) -> str:
        return "the following directives don't match any option: unknown" if "unknown" in path.read_text() else ""

    def why_not_up(self, verb: str, seconds: int) -> str:
        self.restarts += 1
        self.is_up = "bad" not in (self.path.read_text() if self.path.exists() else "")
        return "" if self.is_up else "failed to start daemon: bad"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "docker" / "daemon.json"
    path.parent.mkdir()
    path.write_text(HOST)
    return path


@pytest.fixture
def unit(path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUnit:
    unit = FakeUnit(path)
    monkeypatch.setattr(daemon_change, "EngineUnit", lambda socket: unit)
    monkeypatch.setattr(daemon_change, "running_work", lambda get: ())
    return unit


@pytest.fixture
def configure(path: Path, run_module: Any) -> Any:
    def configure(options: dict[str, Any], **more: Any) -> dict[str, Any]:
        arguments = {"owner": "docker", "options": options, "path": str(path), **more}
        return run_module(engine_configuration, **arguments)

    return configure


def record(path: Path) -> Path:
    return path.with_name("daemon.json.distrain")


def test_options_go_in_and_out_again(unit: FakeUnit, path: Path, configure: Any) -> None:
    result = configure({"debug": True})
    assert result["changed"]
    assert json.loads(path.read_text()) == {"labels": ["owner=host"], "debug": True}
    assert record(path).stat().st_mode & 0o777 == 0o600
    assert not configure({"debug": True})["changed"]
    assert configure({})["changed"]
    assert json.loads(path.read_text()) == json.loads(HOST)
    assert not record(path).exists()
    assert unit.restarts == 2


def test_a_configuration_with_which_the_engine_does_not_come_up_is_put_back(
    unit: FakeUnit, path: Path, configure: Any
) -> None:
    configure({"debug": True})
    before, recorded = path.read_text(), record(path).read_text()
    result = configure({"debug": True, "bad": 1}, options_variable="docker_daemon_options")
    assert result["failed"]
    for words in ["failed to start daemon: bad", str(path), "docker_daemon_options", "put back", "it answers again"]:
        assert words in result["msg"]
    assert (path.read_text(), record(path).read_text()) == (before, recorded)
    assert unit.is_up


def test_a_file_that_the_host_did_not_have_is_removed_again(unit: FakeUnit, path: Path, configure: Any) -> None:
    path.unlink()
    assert configure({"bad": 1})["failed"]
    assert sorted(path.parent.iterdir()) == []
    assert unit.is_up


def test_an_engine_that_was_broken_before_is_said_to_be_broken_still(
    unit: FakeUnit, path: Path, configure: Any
) -> None:
    path.write_text('{"bad": 1}')
    unit.is_up = False
    result = configure({"debug": True})
    assert "does not come up with that either" in result["msg"]
    assert path.read_text() == '{"bad": 1}'
    result = configure({})
    assert "failed to start daemon: bad" in result["msg"] and str(path) in result["msg"]


def test_what_the_engine_does_not_accept_is_never_written(unit: FakeUnit, path: Path, configure: Any) -> None:
    result = configure({"unknown": 1}, options_variable="docker_daemon_options")
    assert "don't match any option: unknown" in result["msg"] and "docker_daemon_options" in result["msg"]
    assert [one.name for one in path.parent.iterdir()] == ["daemon.json"]
    assert (path.read_text(), unit.restarts) == (HOST, 0)


def test_a_run_that_was_cut_off_is_ended_by_the_next(
    unit: FakeUnit, path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(verb: str, seconds: int) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(unit, "why_not_up", killed)
        with pytest.raises(KeyboardInterrupt):
            configure({"bad": 1})
    assert "bad" in path.read_text()
    result = configure({"bad": 1})
    assert "put back" in result["msg"]
    assert path.read_text() == HOST
    assert not record(path).exists()


def test_check_mode_asks_and_changes_nothing(unit: FakeUnit, path: Path, configure: Any) -> None:
    result = configure({"debug": True}, check_mode=True)
    assert result["changed"]
    assert (path.read_text(), unit.restarts) == (HOST, 0)


def test_work_is_returned_and_refuses_the_restart(
    unit: FakeUnit, path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_change, "running_work", lambda get: ("the job sft (processes: 9)",))
    assert configure({})["running_work"] == ["the job sft (processes: 9)"]
    assert "the job sft" in configure({"debug": True})["msg"]
    assert path.read_text() == HOST
    assert configure({"debug": True}, restart_under_work=True)["changed"]


def test_a_link_to_the_file_stays_a_link(unit: FakeUnit, path: Path, configure: Any) -> None:
    path.rename(path.with_name("real.json"))
    path.symlink_to("real.json")
    configure({"debug": True})
    assert path.is_symlink()
    assert "debug" in path.with_name("real.json").read_text()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], ""),
        (["Starting docker.service - Docker Application Container Engine..."], ""),
        (
            ['time="x" level=info msg="Starting up"', "failed to start daemon: mkdir /proc/nonsense: no such file"],
            "failed to start daemon: mkdir /proc/nonsense: no such file",
        ),
        (
            ["unable to configure the Docker daemon with file /etc/docker/daemon.json: hosts: (from flag: [fd://])"],
            "unable to configure the Docker daemon with file /etc/docker/daemon.json: hosts: (from flag: [fd://])",
        ),
        (['time="x" level=error msg="driver not supported" driver=foo'], "driver not supported"),
        (["something odd", "docker.service: Failed with result 'exit-code'."], "something odd"),
    ],
)
def test_the_reason_by_the_journal(lines: list[str], reason: str) -> None:
    assert engine_reason(lines) == reason
