# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job from its start to its end by its keeper, with hosts that play scenes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.stacks import Stack
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import keeper as keeper_module
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import parts as parts_module
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.beginning import placeholder
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.keeper import JobKeeper
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, read_json, write_json
from ansible_collections.distrain.cluster.tests.unit.support.job_stage import rank

HOSTS = ("gpu-01", "gpu-02")
OPTIONS = {
    "image": "team/trainer:1",
    "port": 29500,
    "ipc": "host",
    "shm_size": "16gb",
    "interval": 0.01,
    "timeout": 0,
    "silence": 300,
    "start_silence": 3600,
    "on_hang": "warn",
    "unreachable": 25,
    "lost": 0,
    "grace": 0,
    "stop_timeout": 1,
    "max_restarts": 2,
    "transfer_ports": "",
    "min_hosts": 0,
    "samples_per_step": 0,
    "output": "/app/output/sft",
}
SAID = {"name": "sft", "trainer": "llama-factory", "launcher": "torchrun", "settings": {}, "environment": {}}
REACHED = {"address": "198.51.100.1", "port": 7947, "identity": "h0.job.distrain.invalid"}
RUNNING = [rank(0, progress={"step": 7, "total": 9}), rank(1)]
KILLED = [rank(0), rank(1, "failed", exit_code=137, ended=2.0)]
DONE = [rank(0, "succeeded", progress={"step": 9, "total": 9}), rank(1, "succeeded")]


# On storage that the hosts share.
CHECKPOINT = {
    "name": "checkpoint-5",
    "step": 5,
    "state_step": 5,
    "files": {"model.safetensors": 9, "trainer_state.json": 9},
    "shards": [],
    "cut": [],
    "identity": "1:2:3",
    "written": 1.5,
    "changed": 1.5,
}


class Hosts:
    """Plays one scene an observation; ``answers`` are to commands other than start."""

    def __init__(self, *scenes: Sequence[Rank]) -> None:
        self.scenes = list(scenes)
        self.asked: list[tuple[str, str]] = []
        self.started: list[tuple[str, str]] = []
        self.stopped: list[str] = []
        self.released = False
        self.began = 1.0
        self.output: list[dict[str, Any]] = [CHECKPOINT]
        self.failing: dict[str, Any] = {}
        self.before_look: Callable[[], None] = lambda: None
        self.now: Sequence[Rank] = RUNNING
        self.attempt = ""
        self.launch_files: list[Mapping[str, str]] = []
        self.keys_made = 0
        # The attempt that hosts have begun before.
        self.begun = ""

    def observe(self) -> Sequence[Rank]:
        self.before_look()
        if self.scenes:
            self.now = self.scenes.pop(0)
        return self.now

    def ask(self, commands: Mapping[str, Mapping[str, Any]], answer: str, timeout: float) -> dict[str, Any]:
        self.asked += [(host, command["do"]) for host, command in commands.items()]
        if answer == "started":
            self.started += [(command["attempt"], command["checkpoint"]) for command in commands.values()]
            self.attempt = next(iter(commands.values()))["attempt"]
            self.launch_files += [command["launch_files"] for command in commands.values()]
        self.keys_made += answer == "keys"
        given = {
            "checkpoints": {"output": self.output, "copies": {}, "saving": {"checkpoint_seconds": 3.0}},
            "keys": {"client_key": f"ssh-ed25519 key-{self.keys_made}"},
            "started": {"job": {"attempt": self.attempt, "started": self.began}, "container": {"image_id": "sha256:1"}},
        }.get(answer, {})
        return dict.fromkeys(commands, given) | self.failing.get(answer, {})

    def job_of(self, host: str) -> Mapping[str, Any]:
        one = next(one for one in self.now if one.host == host)
        times = {"started": 1.25, "ended": one.ended, "exit_code": one.exit_code, "rank": one.rank, "world_size": 2}
        return {
            "state": one.state,
            "attempt": self.begun if not self.started else self.attempt,
            "progress": one.progress,
            "gpu": {},
            **times,
        }

    def jobs(self) -> dict[str, Any]:
        return {host: self.job_of(host) for host in HOSTS}

    def stop(self, ranks: Sequence[Rank]) -> None:
        self.stopped += [one.host for one in ranks]
        self.now = [replace(one, state="stopped") if one in ranks else one for one in self.now]

    def why_silent(self, host: str) -> str:
        return "no route"

    def stacks(self) -> list[Stack]:
        return []

    def clocks(self, _ranks: Sequence[Rank]) -> dict[str, Any]:
        return {}

    def expect(self, attempt: str) -> None:
        self.attempt = attempt

    def release(self) -> None:
        self.released = True


class NoCopier:
    """Copies nothing."""

    def __init__(self, *_arguments: Any) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place("llama-factory", "sft", str(tmp_path))
    made.make()
    rank_of = {"processes": 1, "leader": "llama-factory-gpu-01"}
    kept = {
        "run": "1",
        "attempt": "first",
        "phase": "beginning",
        "restarts": 0,
        "ranks": [{"host": host, "rank": number, "container": host, **rank_of} for number, host in enumerate(HOSTS)],
        "hosts": {host: {"key_names": [], "launch_files": {}, **REACHED} for host in HOSTS},
        "said": {**SAID, "network": "overlay", "collection_version": "1", "plan": [], "image_name": "team/trainer:1"},
        "seen": {host: {"job": None, "container": None, "image": {}, "facts": {}} for host in HOSTS},
        "secrets": [],
        "options": OPTIONS,
    }
    write_json(made.keep, kept)
    return made


@pytest.fixture
def keep(place: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[[Hosts], dict[str, Any]]:
    """Return a function that keeps the job on these hosts until it is over, and returns the state."""

    def run(hosts: Hosts) -> dict[str, Any]:
        @contextlib.contextmanager
        def observer(_keeper: JobKeeper) -> Iterator[Hosts]:
            yield hosts

        monkeypatch.setattr(JobKeeper, "_observer", observer)
        monkeypatch.setattr(parts_module, "Copier", NoCopier)
        monkeypatch.setattr(keeper_module, "_FINAL_SECONDS", 0.0)
        JobKeeper(place).run()
        return read_json(place.state)

    return run


def kinds(place: Place) -> list[str]:
    return [json_line["kind"] for json_line in _lines(place) if json_line["kind"] != "phase"]


def _lines(place: Place) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.events.read_text().splitlines()]


def test_a_job_that_succeeds(place: Place, keep: Callable[[Hosts], dict[str, Any]]) -> None:
    hosts = Hosts(RUNNING, RUNNING, DONE)
    state = keep(hosts)
    assert (state["phase"], state["outcome"]["outcome"], state["restarts"]) == ("over", "succeeded", 0)
    assert hosts.started == [("first", ""), ("first", "")] and hosts.released
    assert read_json(place.record)["outcome"] == "succeeded"
    assert kinds(place) == ["started", "ended"]


def test_a_rank_that_was_killed_is_named_and_the_job_goes_on(
    place: Place, keep: Callable[[Hosts], dict[str, Any]]
) -> None:
    hosts = Hosts(RUNNING, RUNNING, KILLED, KILLED)
    looks = [RUNNING, DONE]

    def back() -> None:
        if hosts.started[2:] and not hosts.scenes:
            hosts.scenes.append(looks.pop(0) if len(looks) > 1 else looks[0])

    hosts.before_look = back
    state = keep(hosts)
    assert (state["outcome"]["outcome"], state["restarts"]) == ("succeeded", 1)
    assert state["outcome"]["restarts"]["note"] == "restarted 1 of 2 times"
    assert hosts.started[2][1] == "/app/output/sft/checkpoint-5" and hosts.started[2][0] != "first"
    assert ("gpu-02", "prepare") in hosts.asked
    record = read_json(place.record)
    assert [one["cause"] for one in record["attempts"]] == ["killed"] and record["results"]["checkpoint_seconds"] == 3.0
    assert kinds(place)[:2] == ["started", "finding"]


def test_a_keeper_goes_on_where_another_one_ended(place: Place, keep: Callable[[Hosts], dict[str, Any]]) -> None:
    earlier = {"run": "1", "attempt": "third", "phase": "following", "restarts": 2, "silence": {"longest_pause": 9.0}}
    write_json(place.state, earlier)
    hosts = Hosts(RUNNING, DONE)
    state = keep(hosts)
    assert (state["attempt"], state["restarts"], state["phase"]) == ("third", 2, "over")
    assert not hosts.started


def test_the_state_of_an_earlier_run_does_not_count(place: Place, keep: Callable[[Hosts], dict[str, Any]]) -> None:
    write_json(place.state, {"run": "0", "attempt": "old", "phase": "over", "restarts": 9})
    state = keep(Hosts(RUNNING, DONE))
    assert (state["attempt"], state["restarts"]) == ("first", 0)


def test_a_job_that_somebody_stops_is_not_started_again(place: Place, keep: Callable[[Hosts], dict[str, Any]]) -> None:
    hosts = Hosts(RUNNING, RUNNING)
    looks = iter(range(100))

    def stop() -> None:
        if next(looks) == 3:
            write_json(place.stop, {})

    hosts.before_look = stop
    state = keep(hosts)
    assert (state["phase"], state["outcome"]["finding"], hosts.stopped) == ("over", "stopped", list(HOSTS))
    assert read_json(place.record)["outcome"] == "stopped"
    assert len(hosts.started) == 2


def test_a_host_that_cannot_start_its_rank_ends_the_job_on_all(
    place: Place, keep: Callable[[Hosts], dict[str, Any]]
) -> None:
    hosts = Hosts(RUNNING)
    hosts.failing = {"started": {"gpu-02": {"error": "there is no room"}}}
    state = keep(hosts)
    assert state["outcome"]["finding"] == "not_started" and state["restarts"] == 0
    assert state["outcome"]["msg"] == "Job sft was not started: Host gpu-02: there is no room"
    assert hosts.stopped == list(HOSTS)


def test_a_job_whose_checkpoint_is_lost_is_not_begun_anew(
    place: Place, keep: Callable[[Hosts], dict[str, Any]]
) -> None:
    hosts = Hosts(RUNNING, RUNNING, KILLED, KILLED)
    hosts.output = [{**CHECKPOINT, "files": {"trainer_state.json": 9}}]
    state = keep(hosts)
    assert (state["outcome"]["outcome"], state["outcome"]["finding"]) == ("failed", "not_started")
    assert "checkpoint-5 was whole, and is not any more over all hosts: it lacks the weights" in state["outcome"]["msg"]
    assert len({attempt for attempt, _checkpoint in hosts.started}) == 1


def test_it_is_begun_anew_where_that_is_wanted(place: Place, keep: Callable[[Hosts], dict[str, Any]]) -> None:
    write_json(place.keep, {**read_json(place.keep), "options": {**OPTIONS, "on_lost_checkpoint": "begin"}})
    hosts = Hosts(RUNNING, RUNNING, KILLED, KILLED)
    hosts.output = [{**CHECKPOINT, "files": {"trainer_state.json": 9}}]
    hosts.before_look = lambda: hosts.scenes.append(DONE) if hosts.started[2:] and not hosts.scenes else None
    state = keep(hosts)
    assert (state["outcome"]["outcome"], state["restarts"]) == ("succeeded", 1)
    assert hosts.started[2][1] == ""
    assert "checkpoint-5 is not whole: it lacks the weights of the model" in place.screen.read_text()


def test_a_run_goes_on_from_a_checkpoint_where_that_is_wanted(
    place: Place, keep: Callable[[Hosts], dict[str, Any]]
) -> None:
    write_json(place.keep, {**read_json(place.keep), "options": {**OPTIONS, "resume": True}})
    hosts = Hosts(RUNNING, DONE)
    keep(hosts)
    assert hosts.started[0][1] == "/app/output/sft/checkpoint-5"
    assert "goes on from /app/output/sft/checkpoint-5." in place.screen.read_text()


def test_what_an_earlier_run_has_saved_is_named_and_not_used(
    place: Place, keep: Callable[[Hosts], dict[str, Any]]
) -> None:
    hosts = Hosts(RUNNING, RUNNING, KILLED, KILLED)
    hosts.began = 100.0
    hosts.before_look = lambda: hosts.scenes.append(DONE) if hosts.started[2:] and not hosts.scenes else None
    keep(hosts)
    assert [checkpoint for _attempt, checkpoint in hosts.started] == ["", "", "", ""]
    assert "although checkpoint-5 of an earlier run is whole" in place.screen.read_text()


def test_an_error_that_stays_is_not_tried_again(place: Place, keep: Callable[[Hosts], dict[str, Any]]) -> None:
    broken = [rank(0), rank(1, "failed", exit_code=1, last_lines=["ModuleNotFoundError: No module named 'x'"])]
    state = keep(Hosts(RUNNING, broken))
    assert (state["outcome"]["outcome"], state["restarts"]) == ("failed", 0)
    assert "a restart does not help" in state["outcome"]["restarts"]["note"]


@pytest.mark.parametrize(("key_names", "is_anew"), [(["client_key"], True), ([], False)])
def test_an_attempt_that_another_keeper_has_half_begun(
    place: Place, keep: Callable[[Hosts], dict[str, Any]], key_names: list[str], is_anew: bool
) -> None:
    """A host that has begun it has keys of the launcher that the others cannot get any more."""
    kept = read_json(place.keep)
    kept["hosts"]["gpu-01"] |= {"key_names": key_names}
    write_json(place.keep, kept)
    hosts = Hosts(RUNNING, RUNNING, DONE)
    hosts.begun = "first"
    keep(hosts)
    assert {attempt == "first" for attempt, _checkpoint in hosts.started} == {not is_anew}


SICK = "GPU 3 (GPU-1f2e3d4c, 0000:5d:00.0) has uncorrected errors. Reset it."


def test_a_gpu_that_is_sick_by_now_ends_the_job_with_its_name(
    place: Place, keep: Callable[[Hosts], dict[str, Any]]
) -> None:
    """A restart would fail on it again."""
    hosts = Hosts(RUNNING, RUNNING, KILLED, KILLED)
    hosts.failing = {"prepared": {"gpu-02": {"error": SICK}}}
    state = keep(hosts)
    assert (state["phase"], state["restarts"]) == ("over", 1)
    assert state["outcome"]["msg"] == f"Job sft was not started: Host gpu-02: {SICK}"
    assert (state["outcome"]["finding"], state["outcome"]["failed_host"]) == ("not_started", "gpu-02")
    # The first attempt alone was begun.
    assert len(hosts.started) == 2
    assert read_json(place.record)["message"] == state["outcome"]["msg"]


def test_the_keys_of_the_launcher_are_made_anew_for_each_attempt(
    place: Place, keep: Callable[[Hosts], dict[str, Any]]
) -> None:
    kept = read_json(place.keep)
    kept["hosts"]["gpu-01"] |= {"key_names": ["client_key"]}
    kept["hosts"]["gpu-02"] |= {"launch_files": {"authorized_keys": placeholder("gpu-01", "client_key")}}
    write_json(place.keep, kept)
    hosts = Hosts(RUNNING, RUNNING, KILLED, KILLED)
    hosts.before_look = lambda: hosts.scenes.append(DONE) if hosts.started[2:] and not hosts.scenes else None
    keep(hosts)
    assert hosts.asked.count(("gpu-01", "keys")) == 2
    laid = [files["authorized_keys"] for files in hosts.launch_files if "authorized_keys" in files]
    assert laid == ["ssh-ed25519 key-1", "ssh-ed25519 key-2"]
