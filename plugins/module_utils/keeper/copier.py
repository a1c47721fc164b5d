# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies each host's files of the newest whole checkpoint to the next host, while the job runs.

It looks in a thread of its own at what the first host, which writes the state of a checkpoint last, has saved.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..base.agent_link import AgentLink, Events
from ..base.durations import in_words
from ..base.errors import ClusterError
from ..base.sizes import in_words as size_in_words
from ..delivery.fleet import Fleet
from ..parts.copies import Copy, is_spread, plan_copies
from ..parts.holding import Held, Node, Place, held_by
from ..parts.verdict import Verdict, judge_all
from .checkpoint import Order, relay
from .link import Address
from .listener import JOB, TREE
from .memory import CheckpointMemory
from .screen import Screen

_LOOK_SECONDS = 10.0
# What has failed, as for a disk that is full, fails again soon.
_AGAIN_SECONDS = 60.0
_END_SECONDS = 30.0
_MOST_AT_ONCE = 64


class Copier:
    """Works from its making until C(close). What it cannot do is said, and holds the job up in nothing."""

    def __init__(
        self,
        options: Mapping[str, Any],
        nodes: Sequence[Node],
        addresses: Mapping[str, Address],
        memory: CheckpointMemory,
        connect: Callable[[str, str, Events], AgentLink],
        screen: Screen,
    ) -> None:
        self._options = options
        self._nodes = nodes
        self._addresses = addresses
        self._memory = memory
        self._connect = connect
        self._screen = screen
        self._first: Fleet | None = None
        self._fleets: set[Fleet] = set()
        self._lock = threading.Lock()
        self._done: tuple[str, float] = ("", 0.0)
        self._not_before = 0.0
        self._said: set[str] = set()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End what is under way; what has come of it is used by the next copy."""
        self._is_over.set()
        with self._lock:
            fleets = list(self._fleets)
        for fleet in fleets:
            fleet.__exit__()
        self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        while not self._is_over.wait(_LOOK_SECONDS):
            if time.monotonic() < self._not_before:
                continue
            try:
                self._look()
            except ClusterError as error:
                self._fail(error.message)
        if self._first:
            self._first.__exit__()

    def _fail(self, text: str) -> None:
        if self._is_over.is_set():
            return
        self._not_before = time.monotonic() + _AGAIN_SECONDS
        if text not in self._said:
            self._said.add(text)
            again = f"It is tried again in {in_words(_AGAIN_SECONDS)}."
            self._screen.warn(f"The parts of the newest checkpoint were not copied to the next hosts. {text} {again}")

    def _look(self) -> None:
        with self._lock:
            # All others have ended.
            self._fleets = {self._first} if self._first else set()
        saved = self._newest_saved()
        mark = (str(saved.get("name") or ""), float(saved.get("written") or 0.0))
        if not mark[0] or mark == self._done or mark[1] < self._memory.known.since:
            return
        held = self._listed()
        verdicts = judge_all(held, self._nodes, self._memory.known.since, self._memory.known.whole)
        newest = next((one for one in verdicts if one.name == mark[0]), None)
        if newest is None or not newest.is_whole or newest.needs_copies:
            self._not_before = time.monotonic() + _AGAIN_SECONDS
            return
        spread = is_spread(newest, held, self._nodes)
        self._memory.keep(whole=newest.name, is_spread=spread)
        if self._options.get("copies"):
            self._copy(newest, held)
        elif spread:
            self._warn_of_spread(newest)
        self._done = mark

    def _newest_saved(self) -> Mapping[str, Any]:
        """Ask the first host by an agent that stays: most of the time nothing is new."""
        host = self._nodes[0].host
        if self._first and host in self._first.failed:
            self._first.__exit__()
            self._first = None
        self._first = self._first or self._fleet([host], JOB)
        answers = self._first.ask({host: {"do": "newest_saved"}}, "newest_saved")
        if host not in answers:
            raise self._first.failed.get(host) or ClusterError(f"Host {host} does not answer.")
        found = answers[host]["found"]
        return {} if "error" in found else found

    def _listed(self) -> list[Held]:
        hosts = [node.host for node in self._nodes]
        command: dict[str, Any] = {"do": "checkpoints", "names": self._memory.names}
        answers = self._ask(dict.fromkeys(hosts, command), "checkpoints")
        return [one for host in hosts for one in held_by(host, answers[host])]

    def _ask(self, commands: Mapping[str, Mapping[str, Any]], answer: str) -> dict[str, Any]:
        """Return the answer of every host; raise ClusterError where one has none."""
        with self._fleet(list(commands), JOB) as fleet:
            answers = fleet.ask(commands, answer)
            for host in commands:
                if host not in answers:
                    raise fleet.failed.get(host) or ClusterError(f"Host {host} does not answer.")
                found = answers[host].get("found")
                if isinstance(found, Mapping) and found.get("error"):
                    raise ClusterError(f"Host {host}: {found['error']}")
        return {host: answers[host].get("found") for host in commands}

    def _fleet(self, hosts: Sequence[str], program: str) -> Fleet:
        def start(host: str, events: Events) -> AgentLink:
            return self._connect(host, program, events)

        fleet = Fleet((host, functools.partial(start, host)) for host in hosts)
        self._note(fleet)
        return fleet

    def _note(self, fleet: Fleet) -> None:
        """Let this fleet end with C(close), or now, where that was called."""
        with self._lock:
            self._fleets.add(fleet)
        if self._is_over.is_set():
            fleet.__exit__()

    def _copy(self, newest: Verdict, held: Sequence[Held]) -> None:
        copies = plan_copies(newest, held, self._nodes)
        if not copies:
            return
        began = time.monotonic()
        with ThreadPoolExecutor(min(len(copies), _MOST_AT_ONCE)) as pool:
            sent = sum(pool.map(functools.partial(self._copy_one, newest.name), copies))
        # One before it is not needed any more, now that all hosts have this one.
        for copy in copies:
            command = {"do": "drop_copies", "number": copy.number, "keep": [newest.name]}
            self._ask({copy.dest: command}, "dropped")
        self._memory.keep(copied=newest.name)
        if not sent:
            # A run that goes on from it finds all there.
            return
        took = in_words(time.monotonic() - began)
        self._screen.line(
            f"{newest.name}: each host's files are on the next host too ({size_in_words(sent)} in {took})."
        )

    def _copy_one(self, name: str, copy: Copy) -> int:
        path = Place(copy.dest, copy.number).path_of(name)
        rate = int(self._options.get("copies_rate") or 0)
        order = Order(copy.source, name, [copy.dest], path, copy.paths, rate, copy=True)
        return relay(
            order,
            self._addresses,
            self._options["transfer_ports"],
            lambda host, events: self._connect(host, TREE, events),
            lambda _line: None,
            self._note,
        )

    def _warn_of_spread(self, newest: Verdict) -> None:
        if self._memory.known.has_warned:
            return
        self._memory.keep(has_warned=True)
        hosts = ", ".join(node.host for node in self._nodes)
        self._screen.warn(
            f"The parts of {newest.name} lie on {hosts}, each on its own disk, and no host has all. If one is lost, "
            "the job has to begin anew. With trainer_launch_checkpoint_copies: 1 the next host keeps a copy of each."
        )
