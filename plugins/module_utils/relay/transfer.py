# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One host's part in a run: it receives items into its window, and from there into the next host and its own sink."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .client import Peer, RelayClient
from .items import ItemRanges
from .parts import WINDOW_BYTES
from .server import HOLD_SECONDS, WindowProvider
from .sink import Feeder, Sink
from .stopwatch import Stopwatch
from .unfinished import UnfinishedItems
from .window import Broken, Window

# What a piece takes in memory beside its bytes: those of small files are many.
_PIECE_OVERHEAD = 512
_STOP_SECONDS = 60.0


class RelayTransfer:
    """Two threads, one that receives and one that feeds the sink. Where either fails, both end."""

    def __init__(
        self,
        command: Mapping[str, Any],
        sink: Sink,
        context: ssl.SSLContext | None,
        show: Callable[[str], None],
        unfinished: UnfinishedItems | None = None,
        window_bytes: int = WINDOW_BYTES,
    ) -> None:
        """``command`` has C(receives), C(keeps), C(digests), C(peers), C(is_last) and C(patience).

        The digests come in the order of the items, or by them.

        ``unfinished`` is what an earlier run had of an item, and where this one keeps what it had when it was cut.
        """
        items, keeps = _ranges(command["receives"]), _ranges(command["keeps"])
        self._window = Window(items, window_bytes, overhead=_PIECE_OVERHEAD)
        if not command["is_last"]:
            self._window.hold(HOLD_SECONDS)
        found = command["digests"]
        digests = found if isinstance(found, Mapping) else dict(zip(items, found, strict=True))
        self._digests: Mapping[int, str] = digests
        self._keeps = keeps
        self._unfinished = unfinished
        peers = [Peer(**peer) for peer in command["peers"]]
        self._watch = Stopwatch()
        patience: float = command["patience"]
        self._client = RelayClient(peers, context, digests, self._window, patience, show, self._watch)
        if unfinished and items:
            self._client.resume_from(unfinished.take(digests[items[0]]))
        self._feeder = Feeder(self._window.open_first(), sink, keeps, self._watch)
        self.provider = WindowProvider(self._window)
        self._started = time.monotonic()
        self._failures: list[Exception] = []
        # What came before the receiving half failed is still worth keeping.
        halves = (
            (lambda: self._client.receive(items), self._window.drain),
            (self._feeder.feed, self._window.break_off),
        )
        self._threads = [threading.Thread(target=self._guard, args=half, daemon=True) for half in halves]

    def start(self) -> None:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()

    def overtake(self, host: str) -> None:
        """Receive no more from this host, which is slow, but from those before it."""
        self._client.overtake(host)

    def release(self) -> None:
        """Wait no more for the hosts behind this one."""
        self._window.release()

    def wait(self, seconds: float) -> bool:
        """Return whether both halves have ended within ``seconds``."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Stop; items received whole still go into the sink, for the next run, unless that takes too long."""
        self._window.drain()
        if not self.wait(_STOP_SECONDS):
            self._window.break_off()
            self.wait(_STOP_SECONDS)
        self._keep_unfinished()

    def raise_failure(self) -> None:
        """Raise the first failure; a broken window only follows from it."""
        for failure in self._failures:
            if not isinstance(failure, Broken):
                raise failure

    def figures(self) -> dict[str, Any]:
        received = self._client.received
        return {
            "items": self._feeder.items,
            "bytes": received.bytes,
            "again": received.again,
            "from_hosts": dict(received.from_hosts),
            "refused": list(received.refused),
            "seconds": round(time.monotonic() - self._started, 2),
            "busy": self._watch.seconds(),
        }

    def _guard(self, half: Callable[[], None], give_up: Callable[[], None]) -> None:
        try:
            half()
        except Exception as failure:
            self._failures.append(failure)
            if not isinstance(failure, Broken):
                give_up()

    def _keep_unfinished(self) -> None:
        pieces = self._window.unfinished()
        if self._unfinished and pieces and pieces[0].item in self._keeps:
            first = pieces[0]
            self._unfinished.keep(self._digests[first.item], first.size, [piece.data for piece in pieces])


def _ranges(items: Iterable[int]) -> ItemRanges:
    return items if isinstance(items, ItemRanges) else ItemRanges(items)
