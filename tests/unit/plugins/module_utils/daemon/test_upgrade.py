# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages of an engine end as wanted, or as they were, whatever fails on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended
from ansible_collections.distrain.cluster.plugins.module_utils.daemon import upgrade
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.unit import is_replaced
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.upgrade_plan import (
    former_packages,
    missing_packages,
)
from ansible_collections.distrain.cluster.plugins.modules import engine_upgrade

NEW, BAD, STRANGE = "28.0", "28.1", "28.2"


class FakeHost:
    """A host whose apt has some versions; the engine of one does not start, that of another loses its swarm."""

    def __init__(self) -> None:
        self.packages = {"docker.io": "26.1", "iptables": "1"}
        self.available = {NEW, BAD, STRANGE, "26.1"}
        self.work: tuple[str, ...] = ()
        self.calls: list[list[str]] = []
        self.verbs: list[str] = []
        self.running = "26.1"

    def run(self, argv: Sequence[str], seconds: float) -> Ended:
        self.calls.append(list(argv))
        for one in argv[argv.index("install") + 1 :]:
            name, _separator, version = one.partition("=")
            if version not in self.available:
                return Ended(100, "", f"E: Version '{version}' for '{name}' was not found\n")
            self.packages[name] = version
        return Ended(0, "", "")

    def runs_replaced_program(self) -> bool:
        return self.running != self.packages["docker.io"]

    def why_not_up(self, verb: str, seconds: int) -> str:
        self.verbs.append(verb)
        if verb == "restart":
            self.running = self.packages["docker.io"]
        return "failed to start daemon: bad" if self.packages["docker.io"] == BAD else ""

    def engine(self, socket: str) -> dict[str, Any]:
        error = "lost" if self.packages["docker.io"] == STRANGE else None
        return {"version": self.packages["docker.io"], "swarm": {"local_node_state": "active", "error": error}}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    host = FakeHost()
    monkeypatch.setattr(upgrade, "run_command", host.run)
    monkeypatch.setattr(upgrade, "observe_engine", host.engine)
    monkeypatch.setattr(upgrade, "observe_host", lambda programs, packages: {"packages": dict(host.packages)})
    monkeypatch.setattr(upgrade, "running_work", lambda get: host.work)
    monkeypatch.setattr(upgrade, "EngineUnit", lambda socket: host)
    return host


def test_it_is_upgraded_once(host: FakeHost, run_module: Any) -> None:
    arguments = {"packages": [f"docker.io={NEW}"]}
    assert run_module(engine_upgrade, **arguments, check_mode=True)["changed"]
    assert not host.calls
    result = run_module(engine_upgrade, **arguments)
    assert (result["changed"], result["version"]) == (True, NEW)
    assert "DPkg::Lock::Timeout=300" in host.calls[0]
    assert "--allow-downgrades" not in host.calls[0]
    # Its package has not restarted it.
    assert (host.verbs, host.running) == (["restart"], NEW)
    assert not run_module(engine_upgrade, **arguments)["changed"]


@pytest.mark.parametrize(
    ("version", "available", "words"),
    [
        (BAD, True, ["failed to start daemon: bad.", "put back to docker.io=26.1, and works again"]),
        (STRANGE, True, ["does not work in its swarm as before: lost.", "put back to docker.io=26.1"]),
        (BAD, False, ["could not be put back to docker.io=26.1 either: E: Version '26.1'", "apt-get install"]),
        ("99", True, ["E: Version '99' for 'docker.io' was not found. Nothing was changed"]),
    ],
)
def test_what_does_not_come_up_is_put_back(
    host: FakeHost, run_module: Any, version: str, available: bool, words: Sequence[str]
) -> None:
    host.available -= set() if available else {"26.1"}
    result = run_module(engine_upgrade, packages=[f"docker.io={version}"], timeout=0)
    assert result["failed"]
    assert all(one in result["msg"] for one in words), result["msg"]
    assert host.packages["docker.io"] == ("26.1" if available else version)
    if available and version != "99":
        assert "--allow-downgrades" in host.calls[-1]


def test_never_under_work(host: FakeHost, run_module: Any) -> None:
    host.work = ("the job sft (processes: 9)",)
    arguments = {"packages": [f"docker.io={NEW}"], "restart_variable": "docker_restart_under_jobs"}
    result = run_module(engine_upgrade, **arguments)
    assert result["failed"]
    assert "the job sft (processes: 9)" in result["msg"]
    assert "set docker_restart_under_jobs to true" in result["msg"]
    assert not host.calls
    assert run_module(engine_upgrade, **arguments, restart_under_work=True)["changed"]


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        (["a"], []),
        (["a=5:1.*"], []),
        (["a=5:2*"], ["a=5:2*"]),
        (["b", "b=1"], ["b", "b=1"]),
    ],
)
def test_missing_packages(wanted: list[str], missing: list[str]) -> None:
    assert missing_packages(wanted, {"a": "5:1.0"}) == missing


def test_a_program_that_was_replaced(tmp_path: Path) -> None:
    (tmp_path / "old").symlink_to("/usr/sbin/dockerd (deleted)")
    (tmp_path / "new").symlink_to("/usr/sbin/dockerd")
    assert [is_replaced(tmp_path / name) for name in ("old", "new", "none")] == [True, False, False]


def test_former_packages() -> None:
    former = {"docker.io": "26.1", "iptables": "1", "docker-cli": "26.1"}
    assert former_packages(former, {"docker-ce": "5:28", "iptables": "1", "docker-cli": "28"}) == [
        "docker.io=26.1",
        "docker-cli=26.1",
    ]
