# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep a job whenever it is this host's turn.

Where one host alone can keep a job it always is. Where several managers can, the swarm says whose it is: that of its
leader. Each turn has a number of its own, which the hosts of the job know, so that of two keepers the older one is
refused, whatever it believes. A process that keeps a job begins with a turn of its own.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..base.errors import ClusterError
from .copies import Copies
from .duty import SwarmDuty
from .entry import Entry, keeping_node, taken
from .interruption import Superseded
from .keeper import JobKeeper
from .listener import COPY
from .phases import OVER
from .place import Place, read_json, write_json
from .reach import Reach
from .screen import Screen
from .state import State, copy_state, read_state
from .swarm import Outdated, SwarmEntries

_LOOK_SECONDS = 2.0


def keep_job(place: Place) -> None:
    """Keep the job that C(keep.json) in the place describes until it is over, on this host or another one."""
    kept = read_json(place.keep)
    if kept.get("managers"):
        Succession(place, kept, SwarmEntries()).run()
    else:
        JobKeeper(place).run()


class Succession:
    """One of the managers in C(kept), each with its C(node), that can keep the job."""

    def __init__(
        self,
        place: Place,
        kept: Mapping[str, Any],
        swarm: SwarmEntries,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._place = place
        self._kept = kept
        self._swarm = swarm
        self._sleep = sleep
        self._nodes = {str(one["node"]): host for host, one in kept["managers"].items()}
        self._node = ""
        self._said = ""

    def run(self) -> None:
        """Return once the job is over."""
        while read_state(self._place, self._kept).phase != OVER:
            try:
                if self._look():
                    return
                self._said = ""
            except ClusterError as error:
                self._say_once(error.message)
            self._sleep(_LOOK_SECONDS)

    def _look(self) -> bool:
        """Keep the job where it is this host's turn; return whether it is over."""
        self._node = self._node or self._swarm.own_node()[0]
        entry = self._swarm.entry(self._place)
        if entry is None or entry.run != self._kept["run"]:
            # It is not given whole yet, or another job of this name was given to others meanwhile.
            return False
        if entry.state.get("phase") == OVER:
            self._copy_end(entry)
            return True
        if self._place.stop.exists() and not entry.is_stopping:
            self._swarm.write(self._place, replace(entry, is_stopping=True))
            return False
        if not self._node or keeping_node(self._swarm.managers(), self._nodes) != self._node:
            return False
        return self._keep(entry)

    def _keep(self, found: Entry) -> bool:
        """Take the next turn and keep the job in it; return whether it is over then."""
        try:
            self._swarm.write(self._place, taken(found, self._node))
        except Outdated:
            return False
        entry = self._swarm.entry(self._place)
        if entry is None or (entry.run, entry.term, entry.node) != (found.run, found.term + 1, self._node):
            return False
        with self._duty(entry) as duty:
            duty.save(self._state(entry))
            try:
                JobKeeper(self._place, duty).run()
            except Superseded:
                sys.stderr.write(f"{self._place.trainer} {self._place.job}: another manager keeps it by now.\n")
                return False
        return True

    def _state(self, entry: Entry) -> State:
        """Return where the job has come to, by the swarm, and beside that by what was copied to this host."""
        known = read_state(self._place, self._kept)
        if not entry.state:
            return known
        state = State.of({**vars(known), **entry.state})
        if known.attempt != state.attempt:
            state.silence = {}
        return state

    @contextlib.contextmanager
    def _duty(self, entry: Entry) -> Iterator[SwarmDuty]:
        host = self._nodes[self._node]
        others = [one for one in self._kept["managers"] if one != host]
        screen = Screen(self._place)
        duty = SwarmDuty(self._place, self._kept, self._swarm, entry, host, screen.warn)
        reach = Reach(self._kept, duty)
        with contextlib.closing(duty):
            copies = Copies(self._place, others, lambda one, events: reach.link(one, COPY, events))
            with contextlib.closing(copies):
                duty.copy = copies.flush
                yield duty

    def _copy_end(self, entry: Entry) -> None:
        """Write down how the job has ended, for whoever asks this host."""
        known = read_json(self._place.state)
        if known.get("run") != entry.run or known.get("phase") != OVER:
            copy_state(self._place, entry.run, State.of(entry.state))
        if not self._place.released.exists():
            write_json(self._place.released, {"at": time.time()})

    def _say_once(self, text: str) -> None:
        if text != self._said:
            self._said = text
            sys.stderr.write(f"{self._place.trainer} {self._place.job}: {text}\n")
            sys.stderr.flush()
