# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring what a keeper writes of its job to the other managers, each of which may have to go on from there."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.agent_link import KEEPALIVE_SECONDS, AgentLink, Events, close_all
from ..base.errors import ClusterError
from .place import Place
from .view import LISTS, view

_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 2.0
_ANSWER_SECONDS = 10.0
_TAKEN_SECONDS = 3.0

Connect = Callable[[str, Events], AgentLink]


class Copies:
    """One thread for each manager, from its making until C(close)."""

    def __init__(self, place: Place, managers: Sequence[str], connect: Connect) -> None:
        self._targets = [_Target(place, manager, connect) for manager in managers]

    def flush(self, seconds: float = _TAKEN_SECONDS) -> None:
        """Wait until every manager that answers has what is written by now, for a bounded time."""
        until = time.monotonic() + seconds
        for target in self._targets:
            target.ask()
        for target in self._targets:
            target.wait(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        for target in self._targets:
            target.is_over.set()
            target.ask()
        close_all([target.link for target in self._targets if target.link])


class _Target:
    """One manager, and what it has by now."""

    def __init__(self, place: Place, host: str, connect: Connect) -> None:
        self._place = place
        self._host = host
        self._connect = connect
        self._events: Events = queue.SimpleQueue()
        self._wanted = threading.Event()
        self._has_all = threading.Event()
        self._answers = True
        self._sent_at = 0.0
        self.link: AgentLink | None = None
        self.is_over = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def ask(self) -> None:
        self._has_all.clear()
        self._wanted.set()

    def wait(self, seconds: float) -> None:
        """Wait until it has all; not for one that does not answer."""
        if self._answers:
            self._has_all.wait(seconds)

    def _run(self) -> None:
        marks: Mapping[str, str] = {}
        last: Mapping[str, Any] = {}
        while not self.is_over.is_set():
            self._wanted.clear()
            try:
                found = view(self._place, marks, 0.0)
            except ClusterError:
                # A file that is damaged on this host is no reason to damage it elsewhere.
                self.is_over.wait(_AGAIN_SECONDS)
                continue
            if _is_new(found, last) and not self._send(found):
                self._answers, marks, last = False, {}, {}
                # Nobody waits for it.
                self._has_all.set()
                self.is_over.wait(_AGAIN_SECONDS)
                continue
            self._answers, marks, last = True, found["marks"], found
            if any(found[name] for name in LISTS):
                # There may be more than one answer holds.
                continue
            if not self._wanted.is_set():
                self._has_all.set()
            self._wanted.wait(_LOOK_SECONDS)
            if self.link and time.monotonic() - self._sent_at > KEEPALIVE_SECONDS:
                self._sent_at = time.monotonic()
                self.link.keep_alive()

    def _send(self, found: Mapping[str, Any]) -> bool:
        """Return whether the manager has written it down."""
        if self.link is None or self.link.has_ended:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._events.get_nowait()
            self.link = self._connect(self._host, self._events)
        self.link.send({"do": "copy", "view": dict(found)})
        until = time.monotonic() + _ANSWER_SECONDS
        with contextlib.suppress(queue.Empty):
            while (left := until - time.monotonic()) > 0:
                _host, event = self._events.get(timeout=left)
                if event["event"] == "copied":
                    return not event["found"]
                if event["event"] in ("ended", "failed"):
                    break
        link, self.link = self.link, None
        threading.Thread(target=link.close, daemon=True).start()
        return False


def _is_new(found: Mapping[str, Any], last: Mapping[str, Any]) -> bool:
    """Whether there is something that was not sent; marks alone are nothing."""
    return any(found[name] for name in LISTS) or any(
        found[name] != last.get(name) for name in ("state", "record", "progress", "stacks")
    )
