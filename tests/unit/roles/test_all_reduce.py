# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program of the network check, as far as it needs no torch: interfaces, turns, and ranks that do not arrive."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import JobContext, read_cause
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

FILES = ROOT / "roles/network_check/files"
sys.path.insert(0, str(FILES))

from all_reduce import meeting  # noqa: E402 (the program is no part of the collection's code)
from all_reduce.host import run_host  # noqa: E402
from all_reduce.interface import interface_near  # noqa: E402
from all_reduce.rank import _shared_memory  # noqa: E402
from all_reduce.turns import Turns  # noqa: E402

ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth1	00000000	010012AC	0003	0	0	0	00000000	0	0	0
eth0	00004D0A	00000000	0001	0	0	0	0000FFFF	0	0	0
eth1	000012AC	00000000	0001	0	0	0	0000FFFF	0	0	0
"""


class Store(dict[str, bytes]):
    """As torch's, in one process."""

    def check(self, keys: list[str]) -> bool:
        return all(key in self for key in keys)

    def set(self, key: str, value: str) -> None:
        self[key] = value.encode()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(meeting, "_open_store", lambda *_: store)
    monkeypatch.setattr(meeting, "GRACE_SECONDS", 0)
    return store


def attend(rank: int) -> meeting.Meeting:
    return meeting.Meeting(argparse.Namespace(ranks=["a", "a", "b"], rank=rank), None)


@pytest.mark.parametrize(("address", "interface"), [("10.77.0.0", "eth0"), ("172.18.0.3", "eth1")])
def test_the_interface_is_the_one_in_the_subnet(address: str, interface: str) -> None:
    assert interface_near(address, ROUTES) == interface


def test_a_subnet_without_a_interface_is_refused() -> None:
    with pytest.raises(LookupError, match=r"192\.0\.2\.0"):
        interface_near("192.0.2.0", ROUTES)


@pytest.mark.parametrize(
    ("free", "said"),
    [(64, ""), (31, "; in its /dev/shm there is no space for NCCL (31 of 64 MiB are free)")],
)
def test_shared_memory_that_is_short_is_named(free: int, said: str) -> None:
    mib = 1 << 20
    assert _shared_memory(os.statvfs_result((4096, mib, 64, free, free, 0, 0, 0, 0, 255))) == said
    cause = read_cause([f"rank 0 on a: connecting failed (unhandled system error){said}"], JobContext())
    assert (cause is not None and cause.kind == "shared_memory") == bool(said)


def test_the_networks_take_turns_in_their_order(tmp_path: Path) -> None:
    networks = ["overlay", "host"]
    overlay, host = (Turns(tmp_path, networks, name) for name in networks)
    assert (overlay.has_come(0), host.has_come(0)) == (True, False)
    overlay.finish(1)
    assert (overlay.has_come(1), host.has_come(0)) == (False, True)
    host.finish(1)
    assert (overlay.has_come(1), host.has_come(1)) == (True, False)


def test_nobody_waits_for_a_network_that_has_ended(tmp_path: Path) -> None:
    networks = ["overlay", "host"]
    Turns(tmp_path, networks, "overlay").leave()
    assert Turns(tmp_path, networks, "host").has_come(100)


def test_a_network_alone_has_every_turn(tmp_path: Path) -> None:
    assert Turns(tmp_path, ["host"], "host").has_come(5)


def test_ranks_that_do_not_arrive_are_named(store: Store) -> None:
    first = attend(0)
    store.set("arrived-1", "")
    with pytest.raises(meeting.Problem, match=r"^rank 2 on b did not arrive within 0 s$"):
        first.arrive(0)


def test_all_ranks_arrive(store: Store) -> None:
    for rank in (1, 2):
        store.set(f"arrived-{rank}", "")
    attend(0).arrive(0)
    attend(1).arrive(0)


def test_what_one_rank_reports_ends_the_wait_of_the_others(store: Store) -> None:
    attend(2).part("rank 2 on b: it has no memory left", names_ranks=False)
    with pytest.raises(meeting.Problem, match="rank 2 on b: it has no memory left"):
        attend(1).wait_for("met", 60)


def test_a_first_rank_that_is_gone_is_named(store: Store) -> None:
    with pytest.raises(meeting.Problem, match="rank 0 on a went silent"):
        attend(1).wait_for("met", 0)


def test_the_first_rank_names_those_of_which_nothing_is_received(store: Store) -> None:
    store.set("ended-1", "")
    reported = attend(0).part("rank 0 on a: the all-reduce of 8 bytes failed", names_ranks=False)
    assert reported == "rank 0 on a: the all-reduce of 8 bytes failed; no report came from rank 2 on b"


def test_the_slowest_rank_makes_the_time(store: Store) -> None:
    store.set("done-7-1", "0.5")
    store.set("done-7-2", "2.5")
    assert attend(0).slowest("7", 1.0, 0) == 2.5


def test_the_first_rank_decides_for_all(store: Store) -> None:
    assert attend(0).agree("count-7", 12, 0) == 12
    assert attend(1).agree("count-7", 99, 0) == 12


def test_a_host_without_the_interface_says_so_and_lets_the_others_go_on(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "ranks": ["a", "b"],
        "rank": None,
        "host": "a",
        "near": "203.0.113.0",
        "network": "overlay",
        "networks": ["overlay", "host"],
        "directory": tmp_path,
        "tunings": {"default": {}, "4x4": {"A": "1"}},
        "tuning": None,
        "timeout": 60,
    }
    assert run_host(argparse.Namespace(**settings)) == 1
    written = (tmp_path / "overlay.json").read_text()
    assert "a: no interface of the container lies in the network of 203.0.113.0" in written
    assert Turns(tmp_path, ["overlay", "host"], "host").has_come(0)
