# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper brings where before a restart, and what it says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import parts as parts_module
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.checkpoint import Order
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.link import Address
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.memory import CheckpointMemory, read_known
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.parts import JobParts
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, write_json
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.screen import Screen
from ansible_collections.distrain.cluster.plugins.module_utils.parts.holding import Held
from ansible_collections.distrain.cluster.tests.unit.support.checkpoint_hosts import (
    NODES,
    SAVED_AT,
    answers,
    copies,
    separate,
    shared,
    without_disk,
)

OPTIONS = {"output": "/app/output/sft", "transfer_ports": "", "copies": 1}
STARTED = {"gpu-01": {"job": {"started": SAVED_AT + 50}}, "gpu-02": {"job": {"started": SAVED_AT + 60}}}


class Hosts:
    """Answer with what they hold; ``silent`` ones do not."""

    def __init__(self, held: Iterable[Held], silent: Iterable[str] = ()) -> None:
        self.held = list(held)
        self.silent = set(silent)
        self.asked: list[str] = []

    def ask(self, commands: Mapping[str, Mapping[str, Any]], _answer: str, _timeout: float) -> dict[str, Any]:
        self.asked += [command["do"] for command in commands.values()]
        return {host: one for host, one in answers(self.held).items() if host not in self.silent}

    def why_silent(self, _host: str) -> str:
        return "no route to host"


class Job:
    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = place
        self.orders: list[Order] = []
        monkeypatch.setattr(parts_module, "relay", lambda order, *_more: self.orders.append(order))

    def parts(self, run: str = "1", launcher: str = "torchrun", **options: Any) -> JobParts:
        ranks = [{"host": node.host, "rank": node.number, "processes": len(node.ranks)} for node in NODES]
        kept = {"run": run, "ranks": ranks, "options": {**OPTIONS, **options}, "said": {"launcher": launcher}}
        screen = Screen(self.place)
        return JobParts(
            self.place, kept, lambda *_: pytest.fail("no link"), screen, lambda host: Address("::1", 1, host)
        )

    @property
    def said(self) -> str:
        return self.place.screen.read_text() if self.place.screen.exists() else ""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    place = Place("trainer", "sft", str(tmp_path))
    place.make()
    return Job(place, monkeypatch)


def test_a_host_without_its_disk_gets_its_parts_from_the_next_one(job: Job) -> None:
    hosts = Hosts(without_disk([*separate("zero2", 40), *copies("zero2", 40)], "gpu-02"))
    write_json(job.place.record, {"attempts": [{"step": 57, "ended": SAVED_AT + 40 + 250}]})
    assert job.parts().checkpoint_for(hosts, is_restart=True) == "/app/output/sft/checkpoint-40"
    assert [(one.source, one.path, list(one.hosts), one.dest, one.copy) for one in job.orders] == [
        ("gpu-01", "copies/1/checkpoint-40", ["gpu-02"], "checkpoint-40", False),
        ("gpu-01", "checkpoint-40", ["gpu-02"], "checkpoint-40", False),
    ]
    assert "gpu-02: 4 files of checkpoint-40 that are gone come back from the copies on gpu-01." in job.said
    assert "goes on from /app/output/sft/checkpoint-40. 17 steps and 4 min 10 s are lost." in job.said


def test_an_elastic_job_gets_every_part_everywhere(job: Job) -> None:
    job.parts(launcher="torchrun_elastic").checkpoint_for(Hosts(separate("zero2", 40)), is_restart=True)
    assert {one.source for one in job.orders} == {"gpu-01", "gpu-02"}


def test_a_host_that_does_not_answer_is_waited_for_by_another_attempt(job: Job) -> None:
    hosts = Hosts(shared("plain", 40), silent=["gpu-02"])
    with pytest.raises(ClusterError, match=r"Host gpu-02 does not say .* no route to host") as raised:
        job.parts().checkpoint_for(hosts, is_restart=True)
    assert raised.value.details == {"failed_host": "gpu-02", "retryable": True}


@pytest.mark.parametrize(
    ("held", "silent", "newest"),
    [
        (separate("zero2", 40), [], "checkpoint-40"),
        (separate("zero2", 40), ["gpu-02"], None),
        (separate("plain", 40), ["gpu-02"], "checkpoint-40"),
        ([*separate("plain", 40), separate("zero2", 60)[0]], [], "checkpoint-40"),
        ([*separate("plain", 40), separate("zero2", 60)[0]], ["gpu-02"], None),
        ([], [], ""),
        ([], ["gpu-01", "gpu-02"], None),
    ],
)
def test_which_one_is_the_newest_at_the_end_of_an_attempt(
    job: Job, held: list[Held], silent: list[str], newest: str | None
) -> None:
    assert job.parts().found(Hosts(held, silent))["newest"] == newest


def test_a_run_that_begins_anew_forgets_what_was_before(job: Job) -> None:
    CheckpointMemory(job.place, "0", resumes=False).keep(since=5.0, whole="checkpoint-40", copied="checkpoint-40")
    parts = job.parts()
    assert parts.checkpoint_for(Hosts(separate("zero2", 40)), is_restart=False) == ""
    parts.began(STARTED, is_restart=False)
    known = read_known(job.place)
    assert (known.run, known.since, known.whole) == ("1", SAVED_AT + 45, "")
    # What was saved at 1040 is of the run before.
    assert parts.found(Hosts(separate("zero2", 40)))["newest"] == ""
    assert parts.found(Hosts(separate("zero2", 60)))["newest"] == "checkpoint-60"


def test_a_run_that_goes_on_keeps_what_was_known(job: Job) -> None:
    CheckpointMemory(job.place, "0", resumes=False).keep(since=5.0, whole="checkpoint-40")
    parts = job.parts(resume=True)
    assert parts.checkpoint_for(Hosts(separate("zero2", 40)), is_restart=False) == "/app/output/sft/checkpoint-40"
    parts.began(STARTED, is_restart=False)
    assert (read_known(job.place).since, read_known(job.place).whole) == (5.0, "checkpoint-40")


def test_copies_are_removed_once_the_job_has_succeeded(job: Job) -> None:
    hosts = Hosts([])
    job.parts(copies=0).over(hosts, "succeeded")
    CheckpointMemory(job.place, "1", resumes=False).keep(copied="checkpoint-40")
    job.parts().over(hosts, "failed")
    assert hosts.asked == []
    job.parts(copies=0).over(hosts, "succeeded")
    assert hosts.asked == ["drop_copies", "drop_copies"]


def test_without_an_output_directory_nothing_is_known(job: Job) -> None:
    parts, hosts = job.parts(output=""), Hosts([])
    assert parts.checkpoint_for(hosts, is_restart=True) == "" and parts.found(hosts) == {}
    with parts.copying():
        pass
    assert hosts.asked == []
