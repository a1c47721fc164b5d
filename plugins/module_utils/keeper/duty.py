# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper acts by: its host alone, or its turn, which the managers of the swarm have given it."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..base.errors import ClusterError
from .entry import Entry, with_state
from .interruption import Superseded
from .place import Place, write_json
from .state import State, write_state
from .swarm import Outdated, SwarmEntries
from .turn import Turn

_LOOK_SECONDS = 2.0
_AGAIN_SECONDS = 1.0


class Duty(Protocol):
    """C(check) raises Superseded where another manager keeps the job; C(commit) returns once a state is kept safely."""

    @property
    def turn(self) -> Turn: ...

    def check(self) -> None: ...

    def refused(self) -> None: ...

    def save(self, state: State) -> None: ...

    def commit(self, state: State) -> None: ...


class OwnDuty:
    """That of a host which alone can keep the job: what it knows lies on its disk."""

    def __init__(self, place: Place, kept: Mapping[str, Any]) -> None:
        self._place = place
        self._kept = kept
        self.turn = Turn(kept["run"])

    def check(self) -> None:
        return

    def refused(self) -> None:
        """Ignore that a host refuses this keeper: it goes on to ask it."""

    def save(self, state: State) -> None:
        """Write the state, or go on without, as on a full disk."""
        try:
            write_state(self._place, self._kept, state)
        except ClusterError as error:
            sys.stderr.write(f"{error.message}\n")

    def commit(self, state: State) -> None:
        self.save(state)


class SwarmDuty:
    """That of a manager which has the turn C(entry): no attempt is begun and no job ended before the swarm knows it.

    Where the swarm has no leader it waits for one. C(copy) brings what this host has written to the other managers, as
    far as they answer.
    """

    def __init__(
        self,
        place: Place,
        kept: Mapping[str, Any],
        swarm: SwarmEntries,
        entry: Entry,
        host: str,
        warn: Callable[[str], None],
    ) -> None:
        self._own = OwnDuty(place, kept)
        self._place = place
        self._swarm = swarm
        self._entry = entry
        self._host = host
        self.copy: Callable[[], None] = lambda: None
        self._warn = warn
        self.turn = Turn(entry.run, entry.term)
        self._is_superseded = threading.Event()
        self._is_over = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def close(self) -> None:
        self._is_over.set()

    def check(self) -> None:
        if self._is_superseded.is_set():
            raise Superseded

    def refused(self) -> None:
        """Take note that a host has served a newer turn."""
        self._is_superseded.set()

    def save(self, state: State) -> None:
        state.keeper, state.term = self._host, self._entry.term
        self._own.save(state)

    def commit(self, state: State) -> None:
        """Return once the swarm has the state, and the other managers have what belongs to it where they answer."""
        state.keeper, state.term, state.changed_at = self._host, self._entry.term, time.time()
        self.copy()
        has_warned = False
        while True:
            self.check()
            try:
                self._write(state)
                break
            except Outdated:
                # The request to stop the job came in between, or another turn: the next look tells.
                continue
            except ClusterError as error:
                if not has_warned:
                    has_warned = True
                    self._warn(f"The job goes on once the swarm takes what has become of it: {error.message}")
                time.sleep(_AGAIN_SECONDS)
        self._own.save(state)
        self.copy()

    def _write(self, state: State) -> None:
        """Write the state into the entry; raise Superseded where that is of another turn by now."""
        found = self._swarm.entry(self._place)
        if found is None or not self._is_own(found):
            self._is_superseded.set()
            raise Superseded
        self._swarm.write(self._place, with_state(found, state))

    def _is_own(self, found: Entry) -> bool:
        return (found.run, found.term, found.node) == (self._entry.run, self._entry.term, self._entry.node)

    def _look(self) -> None:
        """Notice another turn; a swarm that does not answer changes nothing."""
        while not self._is_over.wait(_LOOK_SECONDS):
            with contextlib.suppress(ClusterError):
                found = self._swarm.entry(self._place)
                if found is None or not self._is_own(found):
                    self._is_superseded.set()
                    return
                if found.is_stopping and not self._place.stop.exists():
                    # Somebody has asked another manager to end the job.
                    write_json(self._place.stop, {})
