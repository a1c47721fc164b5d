# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's end of the agents, with an ssh that runs the remote command here."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.delivery import fleet as relay_fleet
from ansible_collections.distrain.cluster.plugins.module_utils.delivery import lines as relay_lines
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.fleet import Fleet
from ansible_collections.distrain.cluster.plugins.plugin_utils.control import remote_agent
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import SshTarget
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import starts
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine, served
from ansible_collections.distrain.cluster.tests.unit.support.fake_ssh import FAR_SECONDS
from ansible_collections.distrain.cluster.tests.unit.support.file_owners import open_descriptors
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage

IMAGE = TestImage()
NAME = "team/trainer:1"


@pytest.fixture
def docker_host(tmp_path: Path) -> Iterator[str]:
    fake = FakeImageEngine()
    fake.hold(IMAGE, NAME)
    with served(fake, tmp_path) as docker_host:
        yield docker_host


def fleet_of(ssh: str, *hosts: str) -> Fleet:
    return Fleet(starts((SshTarget(host, "ssh", {"ssh_executable": ssh}) for host in hosts), "image"))


def observe(docker_host: str, spool: Path) -> dict[str, Any]:
    arguments = {
        "name": NAME,
        "docker_host": docker_host,
        "engine_timeout": 5,
        "spool_directory": str(spool),
        "spool_limit": 1000,
    }
    return {"do": "observe", "kind": "image", "arguments": arguments}


def test_agents_answer_what_they_are_asked(ssh: str, docker_host: str, tmp_path: Path) -> None:
    with fleet_of(ssh, "gpu-01", "noisy") as fleet:
        answers = fleet.ask(dict.fromkeys(fleet.hosts, observe(docker_host, tmp_path / "spool")), "observed")
        assert fleet.failed == {}
        agents = list(fleet._agents.values())
    assert sorted(answers) == ["gpu-01", "noisy"]
    for answer in answers.values():
        (image,) = answer["found"]["images"]["images"]
        assert image["names"] == [NAME]
        assert "leftovers" in answer["found"]
        assert answer["found"]["spool"]["layers"] == 0
        assert answer["found"]["spool"]["free_bytes"] > 0
    assert [agent._process.returncode for agent in agents] == [0, 0]
    assert not (tmp_path / "spool").exists(), "looking changes nothing"


def test_hosts_that_fail_leave_and_say_why(ssh: str, docker_host: str, tmp_path: Path) -> None:
    with fleet_of(ssh, "gpu-01", "unreachable", "dies", "killed") as fleet:
        answers = fleet.ask(dict.fromkeys(fleet.hosts, observe(docker_host, tmp_path / "spool")), "observed")
        assert sorted(answers) == ["gpu-01"]
        assert fleet.hosts == ["gpu-01"]
    said = {host: failure.message for host, failure in fleet.failed.items()}
    assert said["unreachable"] == (
        "The agent on host unreachable has ended (the SSH connection failed): "
        "ssh: connect to host unreachable port 22: No route to host."
    )
    assert said["dies"] == "The agent on host dies has ended (exit code 1): sudo: a password is required."
    assert said["killed"] == ("The agent on host killed has ended (it was killed, or the SSH connection was lost).")


def test_the_first_thing_that_went_wrong_is_reported(ssh: str, tmp_path: Path) -> None:
    with fleet_of(ssh, "gpu-01") as fleet:
        assert fleet.ask({"gpu-01": observe(f"unix://{tmp_path}/absent", tmp_path / "spool")}, "observed") == {}
        event = fleet.next_event(5)
        assert event
        assert event[1]["event"] == "ended"
        assert "absent" in fleet.failed["gpu-01"].message


def test_a_host_that_does_not_answer_is_given_up(ssh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_fleet, "ANSWER_SECONDS", 0.3)
    with fleet_of(ssh, "silent") as fleet:
        assert fleet.ask({"silent": {"do": "observe"}}, "observed") == {}
    assert fleet.failed["silent"].message == "Host silent did not answer within 0 s."


def test_a_host_that_is_silent_is_named_in_time(ssh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_fleet, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(relay_lines, "LINE_SECONDS", 0.3)
    lines: list[str] = []
    with fleet_of(ssh, "silent-1", "silent-2") as fleet:
        fleet.show = relay_lines.Lines(lines.append)
        asked = {"do": "ask", "question": "plan"}
        assert fleet.ask(dict.fromkeys(fleet.hosts, asked), "answered") == {}
    assert len(lines) in (2, 3)
    assert lines[0] == "silent-1…2: plan, 0 s so far"


def test_a_host_that_ssh_does_not_reach_fails_alone(ssh: str, docker_host: str, tmp_path: Path) -> None:
    targets = [SshTarget("gpu-01", "local"), SshTarget("gpu-02", "ssh", {"ssh_executable": ssh})]
    with Fleet(starts(iter(targets), "image")) as fleet:
        answers = fleet.ask(dict.fromkeys(fleet.hosts, observe(docker_host, tmp_path / "spool")), "observed")
    assert sorted(answers) == ["gpu-02"]
    assert "images travel by ssh only" in fleet.failed["gpu-01"].message


def test_hosts_are_reached_at_the_same_time(ssh: str, docker_host: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with fleet_of(ssh, "far-1", "far-2", "far-3", "far-4") as fleet:
        assert time.monotonic() - began < FAR_SECONDS, "nothing waits for a host that is still to be reached"
        answers = fleet.ask(dict.fromkeys(fleet.hosts, observe(docker_host, tmp_path / "spool")), "observed")
    assert len(answers) == 4


def test_a_missing_ssh_program_is_named() -> None:
    with fleet_of("/absent/ssh", "gpu-01", "gpu-02") as fleet:
        assert fleet.hosts == []
    assert "the controller has no program /absent/ssh" in fleet.failed["gpu-01"].message
    assert "gpu-02 cannot be reached" in fleet.failed["gpu-02"].message


def test_too_many_open_files_is_reported_with_the_limit(ssh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(remote_agent.subprocess, "Popen", fail)
    before = len(open_descriptors())
    with fleet_of(ssh, "gpu-01") as fleet:
        assert fleet.hosts == []
    assert "too many open files" in fleet.failed["gpu-01"].message
    assert "ulimit -n" in fleet.failed["gpu-01"].message
    assert len(open_descriptors()) <= before


@pytest.mark.parametrize("module", ["json", "ansible_collections", "os"])
def test_an_agent_imports_nothing_from_the_directory_it_starts_in(
    module: str, ssh: str, docker_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / f"{module}.py").write_text("raise SystemExit('of the home')")
    monkeypatch.chdir(home)
    monkeypatch.setenv("PYTHONPATH", str(home))
    with fleet_of(ssh, "gpu-01") as fleet:
        assert fleet.ask({"gpu-01": observe(docker_host, tmp_path / "spool")}, "observed")
        assert fleet.failed == {}
