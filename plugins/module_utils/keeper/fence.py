# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of the keepers of a job only the newest is served: a host never serves an older turn than it has served before."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..base.errors import ClusterError
from .place import Place, read_json, write_json
from .turn import Turn

# Longer than whoever runs a program waits for its end before it is killed.
_END_SECONDS = 15.0


@dataclass(eq=False)
class _Served:
    turn: Turn
    connection: socket.socket
    ended: threading.Event = field(default_factory=threading.Event)


class Fence:
    """What a host serves, by its jobs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._served: dict[str, list[_Served]] = {}

    @contextlib.contextmanager
    def admitted(self, place: Place, turn: Turn, connection: socket.socket) -> Iterator[bool]:
        """Yield whether the turn is served, once nothing of another one runs here any more.

        Raise ClusterError where the turn cannot be written down, as on a full disk, and where something does not end.
        """
        with self._lock:
            known = _newest(place)
            if turn.is_older_than(known):
                served = None
            else:
                if turn != known:
                    write_json(place.term, {"run": turn.run, "term": turn.term})
                served = _Served(turn, connection)
                of_job = self._served.setdefault(place.token, [])
                others = [one for one in of_job if one.turn != turn]
                of_job.append(served)
        if served is None:
            yield False
            return
        try:
            for one in others:
                _cut(one.connection)
            if not all(one.ended.wait(_END_SECONDS) for one in others):
                raise ClusterError("What an earlier keeper has begun here has not ended yet.")
            yield True
        finally:
            served.ended.set()
            with self._lock:
                self._served[place.token].remove(served)


def _newest(place: Place) -> Turn:
    known = read_json(place.term)
    return Turn(str(known.get("run") or ""), int(known.get("term") or 0))


def _cut(connection: socket.socket) -> None:
    """End a connection that another thread uses: its own calls see the end."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)
