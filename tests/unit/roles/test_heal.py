# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which containers the hosts' healing service starts and restarts, and how patiently."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.engine import client
from ansible_collections.distrain.cluster.tests.unit.support.overlay_tasks import OWN, network
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.role_programs import load_program

ATTACH = "Could not attach to network 4oukb04wbc4uuax587qry5fn3: context deadline exceeded"
STARTED = "2026-11-24T22:04:02.123456789Z"
STOPPED = "2026-11-24T22:08:44.5Z"
GIVEN_UP = {"id": "a1", "status": "exited", "error": ATTACH, "policy": "unless-stopped"}


@pytest.fixture(scope="module")
def heal() -> ModuleType:
    return load_program("swarm", "heal")


def container(**changes: Any) -> dict[str, Any]:
    wanted = {**GIVEN_UP, "started": STARTED, "finished": STOPPED, **changes}
    return {
        "Id": wanted["id"],
        "Name": "/trainer",
        "State": {
            "Status": wanted["status"],
            "Error": wanted["error"],
            "StartedAt": wanted["started"],
            "FinishedAt": wanted["finished"],
        },
        "HostConfig": {"RestartPolicy": {"Name": wanted["policy"]}},
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, True, id="the engine could not attach it"),
        pytest.param({"policy": "always"}, True, id="the same with always"),
        pytest.param({"error": "network 4oukb04 not found"}, True, id="a worker that has forgotten the network"),
        pytest.param({"error": "failed to set up container networking: x", "status": "created"}, True, id="engine 28"),
        pytest.param({"error": ""}, False, id="stopped by somebody, or its program ended"),
        pytest.param({"error": 'exec: "trainer": executable file not found in $PATH'}, False, id="a wrong command"),
        pytest.param({"error": "error mounting /srv/networks: no such file"}, False, id="a path that says networks"),
        pytest.param({"policy": "no"}, False, id="no restart wanted"),
        pytest.param({"policy": "on-failure"}, False, id="a job"),
        pytest.param({"status": "running"}, False, id="it runs"),
        pytest.param({"status": "restarting"}, False, id="the engine is at it"),
        pytest.param({"status": "paused"}, False, id="paused by somebody"),
        pytest.param({"status": "dead"}, False, id="half removed"),
        pytest.param({"status": "created", "started": "0001-01-01T00:00:00Z"}, False, id="it never ran"),
    ],
)
def test_reason_to_start(heal: ModuleType, changes: dict[str, Any], expected: bool) -> None:
    reason = heal.reason_to_start(heal.Container.from_inspect(container(**changes)), None)
    assert bool(reason) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, True, id="stopped by an engine that starts"),
        pytest.param({"finished": "2026-11-24T22:08:41.9Z"}, False, id="stopped before the engine was killed"),
        pytest.param({"finished": "2026-11-24T22:08:46.1Z"}, False, id="stopped by somebody afterwards"),
        pytest.param({"policy": "no"}, False, id="no restart wanted"),
        pytest.param({"error": "could not select device driver"}, False, id="started again in vain"),
    ],
)
def test_a_killed_engine_stops_what_it_finds(heal: ModuleType, changes: dict[str, Any], expected: bool) -> None:
    absence = heal.Absence(heal.seconds("2026-11-24T22:08:42Z"), heal.seconds("2026-11-24T22:08:46Z"))
    found = heal.Container.from_inspect(container(**{"error": "", **changes}))
    assert bool(heal.reason_to_start(found, absence)) is expected


@pytest.mark.parametrize(
    ("left", "entered", "expected"),
    [
        pytest.param(20_000_000, 23_500_000, (1020.0, 1023.5), id="it was away"),
        pytest.param(0, 23_500_000, None, id="its first start since the host's"),
        pytest.param(30_000_000, 23_500_000, None, id="it is about to go"),
        pytest.param("", "", None, id="no such unit"),
    ],
)
def test_absence_of_engine(heal: ModuleType, left: Any, entered: Any, expected: tuple[float, float] | None) -> None:
    shown = f"ActiveEnterTimestampMonotonic={entered}\nActiveExitTimestampMonotonic={left}\n"
    absence = heal.absence_of_engine(shown, now=1100.0, monotonic=100.0)
    assert (absence and (absence.begin, absence.end)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1970-01-01T00:01:00Z", 60.0), ("1970-01-01T00:00:00.250000001Z", 0.250000001), ("yesterday", 0.0)],
)
def test_seconds(heal: ModuleType, text: str, expected: float) -> None:
    assert heal.seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ({"NetworkSettings": {"Networks": {"distrain": {}, "bridge": {}}}}, True),
        ({"NetworkSettings": {"Networks": {}}, "HostConfig": {"NetworkMode": "distrain"}}, True),
        ({"NetworkSettings": {"Networks": {"bridge": {}}}, "HostConfig": {"NetworkMode": "bridge"}}, False),
        ({"NetworkSettings": None, "HostConfig": None}, False),
    ],
)
def test_is_on(heal: ModuleType, listed: dict[str, Any], expected: bool) -> None:
    assert heal.is_on("distrain", listed) is expected


class FakeEngine:
    """An engine with containers that gave up; a start succeeds unless ``start_error`` is set."""

    def __init__(self, *containers: dict[str, Any]) -> None:
        self.containers = {one["Id"]: one for one in containers}
        self.swarm = {"LocalNodeState": "active", "Error": ""}
        self.is_down = False
        self.start_error = ""
        self.network: dict[str, Any] = {}
        self.restarted: list[str] = []
        self.started: list[str] = []

    def __call__(self, method: str, url: str) -> Any:
        if self.is_down:
            raise OSError("Connection refused")
        if url == "/info":
            return {"Swarm": self.swarm}
        if url.startswith("/networks/"):
            return self.network
        if url.startswith("/containers/json"):
            return [{"Id": one, "HostConfig": {"NetworkMode": "distrain"}} for one in self.containers]
        container_id = url.split("/")[2]
        if method == "GET":
            return self.containers[container_id]
        if url.endswith("/restart?t=5"):
            self.restarted.append(container_id)
            return {}
        self.started.append(container_id)
        if self.start_error:
            raise OSError(self.start_error)
        self.containers[container_id]["State"] = {"Status": "running", "Error": "", "StartedAt": STARTED}
        return {}


@pytest.fixture
def make(heal: ModuleType) -> Callable[..., tuple[FakeEngine, Any, list[str]]]:
    def make_healer(*containers: dict[str, Any]) -> tuple[FakeEngine, Any, list[str]]:
        engine, said = FakeEngine(*containers), []
        return engine, heal.Healer(engine, said.append, "distrain", 5, None), said

    return make_healer


def check(healer: Any, *moments: int) -> None:
    for now in moments:
        healer.check(now)


def test_it_starts_what_gave_up_once_and_says_so(make: Any) -> None:
    engine, healer, said = make(container(), container(id="b2", error=""))
    check(healer, 0, 5, 10)
    assert engine.started == ["a1"]
    assert said == [f"Started trainer, which the engine had left down: {ATTACH}"]


def test_it_waits_for_the_swarm_and_says_so_once(make: Any) -> None:
    engine, healer, said = make(container())
    engine.swarm = {"LocalNodeState": "pending", "Error": ""}
    check(healer, 0, 5)
    assert not engine.started
    assert said == ["trainer must wait: the swarm is pending (no manager answers yet)."]
    engine.swarm = {"LocalNodeState": "active"}
    healer.check(10)
    assert engine.started == ["a1"] and said[-1] == "The swarm is ready again."


def test_it_tries_again_after_longer_and_longer_pauses(make: Any) -> None:
    engine, healer, _said = make(container())
    engine.start_error = ATTACH
    tried = []
    for now in range(0, 100, 5):
        before = len(engine.started)
        healer.check(now)
        tried += [now] * (len(engine.started) - before)
    assert tried == [0, 5, 15, 35, 55, 75, 95]


def test_it_leaves_alone_what_fails_for_another_reason(make: Any) -> None:
    engine, healer, _said = make(container())
    engine.start_error = "could not select device driver"
    healer.check(0)
    engine.containers["a1"]["State"]["Error"] = engine.start_error
    check(healer, *range(5, 100, 5))
    assert engine.started == ["a1"]


def test_it_outlives_an_engine_that_does_not_answer(make: Any) -> None:
    engine, healer, said = make(container())
    engine.is_down = True
    check(healer, 0, 5)
    assert said == ["The engine does not answer: Connection refused"]
    engine.is_down = False
    healer.check(10)
    assert engine.started == ["a1"]


def test_it_asks_for_containers_that_are_down_and_for_its_network_only(heal: ModuleType) -> None:
    asked: list[str] = []

    def ask(method: str, url: str) -> Any:
        asked.append(f"{method} {url}")
        return {} if url.startswith("/networks/") else []

    heal.Healer(ask, lambda line: None, "distrain", 5, None).check(0)
    quoted = quote(json.dumps({"status": ["created", "exited"]}, separators=(",", ":")))
    assert asked == [f"GET /containers/json?all=1&filters={quoted}", "GET /networks/distrain?verbose=true"]


def running(started: float, policy: str = "unless-stopped") -> dict[str, Any]:
    moment = datetime.fromtimestamp(started, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return container(status="running", error="", started=moment, policy=policy)


def test_it_restarts_the_one_with_a_double_address_with_longer_and_longer_pauses(make: Any) -> None:
    engine, healer, said = make(running(time.time()))
    engine.network = network(OWN, ("e9", "10.77.0.2", "10.0.0.1"))
    at = []
    for now in range(0, 900, 5):
        before = len(engine.restarted)
        healer.check(now)
        at += [now] * (len(engine.restarted) - before)
    assert at == [10, 20, 40, 80, 160]
    assert said[0] == "Restarted trainer, whose address 10.77.0.2 of-e9 on 10.0.0.1 had too."


@pytest.mark.parametrize(("age", "policy"), [(200, "unless-stopped"), (20, "no")])
def test_it_leaves_other_doubles_alone(make: Any, age: float, policy: str) -> None:
    engine, healer, said = make(running(time.time() - age, policy))
    engine.network = network(OWN, ("e9", "10.77.0.2", "10.0.0.1"))
    check(healer, *range(0, 100, 5))
    assert (engine.restarted, said) == ([], [])


def test_a_double_address_waits_for_the_swarm(make: Any) -> None:
    engine, healer, said = make(running(time.time()))
    engine.network = network(OWN, ("e9", "10.77.0.2", "10.0.0.1"))
    engine.swarm = {"LocalNodeState": "pending"}
    check(healer, 0, 10)
    assert not engine.restarted
    assert said == ["trainer has a double address: the swarm is pending (no manager answers yet)."]


def test_it_runs_isolated_beside_the_files_of_its_service(tmp_path: Path) -> None:
    service = yaml.safe_load((ROOT / "roles/swarm/vars/main.yml").read_text())
    for program in ("heal.py", "distrain_doubles.py"):
        shutil.copy(ROOT / "roles/swarm/files" / program, tmp_path)
    shutil.copy(client.__file__, tmp_path / Path(service["__swarm_heal_client"]).name)
    done = subprocess.run(
        [sys.executable, "-I", tmp_path / "heal.py", "--help"], check=False, cwd="/", capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
