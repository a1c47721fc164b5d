# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agents that watch a job: as a host runs them, and as its keeper has them, over TLS."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.engine import exec as engine_exec
from ansible_collections.distrain.cluster.plugins.module_utils.follow import host_agents
from ansible_collections.distrain.cluster.plugins.module_utils.follow.host_agents import HostAgents
from ansible_collections.distrain.cluster.plugins.module_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.module_utils.job import memory as container_memory
from ansible_collections.distrain.cluster.plugins.module_utils.job import process_start
from ansible_collections.distrain.cluster.plugins.module_utils.job.files import JobFiles
from ansible_collections.distrain.cluster.plugins.module_utils.job.processes import MARK
from ansible_collections.distrain.cluster.plugins.module_utils.job.rank_observer import timestamp_of
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.plugins.module_utils.job.stacks import rank_processes
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.observer import described_rank
from ansible_collections.distrain.cluster.tests.unit.support.host_agents import JobHost
from ansible_collections.distrain.cluster.tests.unit.support.paths import COLLECTIONS
from ansible_collections.distrain.cluster.tests.unit.support.waiting import is_alive, wait_until


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """The directory of a job with one process, that has rank 3."""
    files = JobFiles(str(tmp_path), "sft")
    record = {"name": "sft", "started": time.time(), "rank": 1, "world_size": 2, "container_id": "c"}
    files.begin(record, None, {})
    (tmp_path / "logs/sft").mkdir(parents=True)
    (tmp_path / "logs/sft/log").write_text("it goes on\n")
    environment = {**os.environ, MARK: str(files.control), "RANK": "3"}
    with subprocess.Popen(["sleep", "60"], env=environment) as process:
        yield tmp_path
        process.kill()


@pytest.fixture
def host(tmp_path: Path, directory: Path) -> Iterator[JobHost]:
    """A host that listens for the keeper of that job."""
    made = JobHost(tmp_path / "keeper", directory)
    yield made
    made.listener.close()


def look_until(agents: HostAgents, is_reached: Any) -> None:
    wait_until(lambda: agents.update() or is_reached())


def test_the_agent_reports_its_rank_and_stops_it(host: JobHost) -> None:
    with closing(host.agents("gpu-01", "unreachable")) as agents:
        agents.update()
        look_until(agents, lambda: agents.views["unreachable"].because)
        found = agents.views["gpu-01"].found
        assert (found["job"]["state"], found["job"]["last_lines"]) == ("running", ["it goes on"])
        assert found["usage"]["memory_bytes"] > 0
        assert "Connection refused" in agents.views["unreachable"].because
        rank = described_rank("gpu-01", 1, found, agents.unseen("gpu-01"), "")
        assert (rank.state, rank.unseen, rank.stopped_processes) == ("running", 0, [])
        stacks = agents.ask(["gpu-01", "unreachable"], {"do": "stacks"}, "stacks", 5)
        assert [one["rank"] for one in stacks["gpu-01"]] == [3]
        clock = agents.clocks(["gpu-01", "unreachable"], 5)
        assert list(clock) == ["gpu-01"]
        assert abs(clock["gpu-01"].ahead) <= clock["gpu-01"].error + 0.01, "it is this machine's own clock"
        assert agents.ask(["gpu-01"], {"do": "stop", "timeout": 5}, "stopped", 9) == {"gpu-01": None}
        look_until(agents, lambda: agents.views["gpu-01"].found["job"]["state"] == "stopped")
        assert agents.views["gpu-01"].found["job"]["last_lines"] == ["it goes on"]
        ended = list(agents._agents.values())
    assert ended and all(agent.has_ended for agent in ended)


def test_what_cannot_be_done_is_an_answer_and_leaves_the_agent(host: JobHost) -> None:
    with closing(host.agents("gpu-01")) as agents:
        agents.update()
        answer = agents.ask(["gpu-01"], {"do": "prepare"}, "prepared", 20)
        assert answer["gpu-01"]["error"]
        assert list(agents.clocks(["gpu-01"], 5)) == ["gpu-01"]


def test_an_agent_that_is_lost_is_started_anew(host: JobHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_agents, "_RESTART_SECONDS", 0.2)
    with closing(host.agents("gpu-01")) as agents:
        agents.update()
        first = agents._agents["gpu-01"]
        first.close()
        look_until(agents, lambda: agents._agents.get("gpu-01", first) is not first)
        answered_at = agents.views["gpu-01"].answered_at
        look_until(agents, lambda: agents.views["gpu-01"].answered_at > answered_at)


def test_an_agent_that_cannot_be_started_anew_does_not_end_the_following(
    host: JobHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(host_agents, "_RESTART_SECONDS", 0.0)
    with closing(host.agents("gpu-01")) as agents:
        agents.update()
        monkeypatch.setattr(agents, "_connect", refuse)
        agents._agents["gpu-01"].close()
        look_until(agents, lambda: "Too many open files" in agents.views["gpu-01"].because)
    with pytest.raises(OSError, match="Too many open files"):
        HostAgents({"gpu-01": {"do": "clock"}}, refuse)


def test_a_silent_host_is_unreachable_and_its_agent_is_replaced(host: JobHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_agents, "_NEW_AGENT_SECONDS", 0.5)
    with closing(host.agents("gpu-01")) as agents:
        agents.update()
        first = agents._agents["gpu-01"]
        agents.views["gpu-01"].answered_at -= 100
        monkeypatch.setattr(agents, "_receive", lambda timeout: None)
        assert agents.unseen("gpu-01") > 99
        time.sleep(0.6)
        agents.update()
        assert agents._agents["gpu-01"] is not first


KEEPER = """
import json, queue, sys, time
sys.path.insert(0, sys.argv[1])
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.link import Address, TlsLink
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys
given = json.load(sys.stdin)
events = queue.SimpleQueue()
address = Address("127.0.0.1", given["port"], given["identity"])
link = TlsLink("gpu-01", address, RunKeys(**given["keys"]), "job", events)
link.send({"do": "clock"})
print(events.get()[1]["event"], flush=True)
time.sleep(60)
"""


def test_the_agents_end_when_the_keeper_is_killed(host: JobHost) -> None:
    given = {"port": host.listener.port, "identity": host.identity, "keys": dataclasses.asdict(host.keeper)}
    command = [sys.executable, "-c", KEEPER, str(COLLECTIONS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdin and keeper.stdout
        keeper.stdin.write(json.dumps(given))
        keeper.stdin.close()
        assert keeper.stdout.readline() == "clock\n"
        agents = running_agents()
        assert agents and all(map(is_alive, agents))
        keeper.kill()
    wait_until(lambda: not set(agents) & set(running_agents()))


def children_of(parent: int) -> list[int]:
    return [
        int(pid) for one in Path(f"/proc/{parent}/task").iterdir() for pid in (one / "children").read_text().split()
    ]


def running_agents() -> list[int]:
    """The children of this process that are agents by their name."""
    names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in children_of(os.getpid())}
    return [pid for pid, name in names.items() if name == "distrain-watch"]


def test_only_the_process_that_has_a_rank_counts_and_not_its_children(tmp_path: Path) -> None:
    processes = ((10, 1, "0", "sh"), (11, 10, "0", "python3"), (12, 11, "0", "python3"), (13, 1, "", "python3"))
    for pid, parent, rank, name in (*processes, (14, 1, "1", "trainer")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "environ").write_bytes(f"{MARK}=/j/control/sft\0RANK={rank}\0".encode())
        (tmp_path / str(pid) / "status").write_text(f"Name:\t{name}\nState:\tS (sleeping)\nPPid:\t{parent}\n")
    assert rank_processes(JobFiles("/j", "sft", str(tmp_path)), str(tmp_path)) == {0: 11, 1: 14}


@pytest.mark.parametrize(
    ("cgroup", "file", "content", "kills"),
    [
        ("0::/docker/c", "docker/c/memory.events", "oom 3\noom_kill 2\n", 2),
        ("4:cpu:/x\n7:memory:/docker/c", "memory/docker/c/memory.oom_control", "under_oom 0\noom_kill 1\n", 1),
        ("0::/docker/c", "elsewhere", "", None),
    ],
)
def test_kills_for_memory_are_counted(tmp_path: Path, cgroup: str, file: str, content: str, kills: int | None) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/cgroup").write_text(cgroup)
    (tmp_path / "cgroup" / file).parent.mkdir(parents=True)
    (tmp_path / "cgroup" / file).write_text(content)
    assert container_memory.memory_kills(7, str(tmp_path / "proc"), str(tmp_path / "cgroup")) == kills
    assert container_memory.memory_kills(8, str(tmp_path / "proc"), str(tmp_path / "cgroup")) is None


def test_when_a_process_was_started() -> None:
    started = process_start.process_started(os.getpid())
    assert started
    assert 0 <= time.time() - started < 3600
    assert process_start.engine_started("/absent") is None
    assert timestamp_of("1970-01-01T00:01:00.123456789Z") == 60.0
    assert timestamp_of("nonsense") is None


def test_what_an_exec_prints_is_taken_out_of_its_frames() -> None:
    framed = b"\1\0\0\0\0\0\0\3one" + b"\2\0\0\0\0\0\0\4 two"
    assert engine_exec.unframed(framed) == b"one two"


def test_looks_are_kept_when_they_differ_and_starts_once(tmp_path: Path) -> None:
    now = [1000.0]
    watch, events = tmp_path / "sft/watch.jsonl", tmp_path / "sft/events.jsonl"
    record = JobRecorder(str(watch), str(events), clock=lambda: now[0])

    def look(step: int, seconds: float) -> None:
        now[0] += seconds
        progress = {"step": step, "total": 9, "loss": 5.5, "remaining_seconds": 60.0}
        record.observation([Rank("gpu-01", 0, "running", progress=progress, usage={"cpu_percent": 90.0})], 2.0, 8)

    for step, seconds in ((1, 0), (2, 1), (3, 5), (3, 30), (3, 30)):
        look(step, seconds)
    kept = [json.loads(line) for line in watch.read_text().splitlines()]
    assert [(one["at"], one["ranks"][0]["step"]) for one in kept] == [(1000, 1), (1006, 3), (1066, 3)]
    assert kept[0]["ranks"][0] == {
        "host": "gpu-01",
        "rank": 0,
        "state": "running",
        "step": 1,
        "total": 9,
        "loss": 5.5,
        "grad_norm": None,
        "tokens_per_second": None,
        "samples_per_second": 16.0,
        "remaining": 60,
        "cpu_percent": 90.0,
        "memory_bytes": None,
        "gpu_percent": None,
        "gpu_memory_bytes": None,
        "silent_seconds": 0,
    }
    for at in (900.5, 900.5, 950.25):
        record.began(at, 1, "sft", 0)
    record.began(960.0, 1, "sft", 2)
    kept = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(one["at"], one["kind"]) for one in kept] == [(900.5, "started"), (950.25, "started"), (960, "restarted")]
    assert {path.stat().st_mode & 0o777 for path in (watch, events)} == {0o600}
