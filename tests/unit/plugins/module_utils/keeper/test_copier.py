# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies of each host's parts while a job runs, with hosts that answer at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.keeper import copier as copier_module
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.checkpoint import Order
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.copier import Copier
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.link import Address
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.memory import CheckpointMemory, read_known
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.screen import Screen
from ansible_collections.distrain.cluster.plugins.module_utils.parts.holding import Held
from ansible_collections.distrain.cluster.tests.unit.support.checkpoint_hosts import NODES, answers, separate, shared

ADDRESSES = {node.host: Address("198.51.100.1", 7947, node.host) for node in NODES}
SAVED = {"name": "checkpoint-40", "written": 2000.0}


class Cluster:
    """``held`` is what the hosts hold, ``saved`` what the first one has saved last."""

    def __init__(self) -> None:
        self.held: Sequence[Held] = separate("zero2", 40)
        self.saved: Mapping[str, Any] = SAVED
        self.relayed: list[Order] = []
        self.dropped: list[tuple[str, int, list[str]]] = []
        self.looks = 0
        self.problem = ""
        self.waits: threading.Event | None = None

    def relay(self, order: Order, *_more: Any) -> int:
        if self.problem:
            raise ClusterError(self.problem)
        if self.waits:
            self.waits.wait(20)
        self.relayed.append(order)
        return 5000


class AnsweringFleet:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.failed: dict[str, ClusterError] = {}

    def __enter__(self) -> AnsweringFleet:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._cluster.waits:
            self._cluster.waits.set()

    def ask(self, commands: Mapping[str, Mapping[str, Any]], _answer: str) -> dict[str, dict[str, Any]]:
        found: dict[str, Any] = {}
        for host, command in commands.items():
            if command["do"] == "newest_saved":
                self._cluster.looks += 1
                found[host] = self._cluster.saved
            elif command["do"] == "checkpoints":
                found[host] = answers(self._cluster.held)[host]
            else:
                self._cluster.dropped.append((host, command["number"], command["keep"]))
                found[host] = None
        return {host: {"found": one} for host, one in found.items()}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place("trainer", "sft", str(tmp_path))
    made.make()
    return made


@pytest.fixture
def copy(
    cluster: Cluster, place: Place, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[], bool], int], str]]:
    """Return a function that copies until something holds, and returns what was said."""
    monkeypatch.setattr(copier_module, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(copier_module, "relay", cluster.relay)
    monkeypatch.setattr(Copier, "_fleet", lambda _self, _hosts, _program: AnsweringFleet(cluster))

    def until(holds: Callable[[], bool], copies: int = 1) -> str:
        options = {"copies": copies, "copies_rate": 7, "transfer_ports": ""}
        memory = CheckpointMemory(place, "1", resumes=False)
        copier = Copier(options, NODES, ADDRESSES, memory, lambda *_: pytest.fail("no link"), Screen(place))
        end = time.monotonic() + 20
        while not holds() and time.monotonic() < end:
            time.sleep(0.01)
        copier.close()
        assert holds()
        return place.screen.read_text() if place.screen.exists() else ""

    yield until


def test_each_host_gets_the_files_of_the_one_before(cluster: Cluster, place: Place, copy: Callable[..., str]) -> None:
    said = copy(lambda: len(cluster.dropped) == 2)
    orders = {(one.source, tuple(one.hosts), one.path, one.dest, one.rate, one.copy) for one in cluster.relayed}
    assert orders == {
        ("gpu-01", ("gpu-02",), "checkpoint-40", "copies/0/checkpoint-40", 7, True),
        ("gpu-02", ("gpu-01",), "checkpoint-40", "copies/1/checkpoint-40", 7, True),
    }
    assert cluster.dropped == [("gpu-02", 0, ["checkpoint-40"]), ("gpu-01", 1, ["checkpoint-40"])]
    assert "each host's files are on the next host too" in said
    assert (read_known(place).whole, read_known(place).copied) == ("checkpoint-40", "checkpoint-40")


def test_the_same_one_is_copied_once(cluster: Cluster, copy: Callable[..., str]) -> None:
    copy(lambda: cluster.looks > 5)
    assert len(cluster.relayed) == 2


def test_what_all_hosts_share_is_not_copied(cluster: Cluster, place: Place, copy: Callable[..., str]) -> None:
    cluster.held = shared("zero2", 40)
    assert copy(lambda: cluster.looks > 3) == ""
    assert not cluster.relayed and read_known(place).whole == "checkpoint-40"


def test_without_copies_it_is_said_once_that_there_are_none(
    cluster: Cluster, place: Place, copy: Callable[..., str]
) -> None:
    said = copy(lambda: cluster.looks > 3, 0)
    assert said.count("The parts of checkpoint-40 lie on gpu-01, gpu-02") == 1
    cluster.held, cluster.saved = separate("zero2", 60), {"name": "checkpoint-60", "written": 3000.0}
    assert copy(lambda: cluster.looks > 6, 0).count("trainer_launch_checkpoint_copies") == 1
    assert not cluster.relayed and read_known(place).whole == "checkpoint-60"


@pytest.mark.parametrize("saved", [{}, {"error": "damaged"}, {"name": "checkpoint-50", "written": 1.0}])
def test_what_is_not_whole_is_not_copied(
    cluster: Cluster, place: Place, copy: Callable[..., str], saved: Mapping[str, Any]
) -> None:
    cluster.saved = saved
    assert copy(lambda: cluster.looks > 0) == ""
    assert not cluster.relayed and read_known(place).whole == ""


def test_a_failure_is_said_and_holds_nothing_up(cluster: Cluster, copy: Callable[..., str]) -> None:
    cluster.problem = "gpu-02: there is no room."
    said = copy(lambda: cluster.looks > 0)
    assert said.count("were not copied to the next hosts. gpu-02: there is no room. It is tried again in 1 min") <= 1
    assert not cluster.dropped


def test_what_is_under_way_ends_with_the_attempt(cluster: Cluster, copy: Callable[..., str]) -> None:
    cluster.waits = threading.Event()
    began = time.monotonic()
    copy(lambda: cluster.looks > 0)
    assert time.monotonic() - began < 15
