# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agents of one run, on the controller: starting them over SSH, sending them commands, and reading their events."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..base.agent_link import KEEPALIVE_SECONDS, AgentLink, Events, close_all, encoded, why_ended
from ..base.errors import ClusterError
from ..text.names import folded
from .lines import Lines

# An agent that has not answered a question within this time has an engine that does not answer.
ANSWER_SECONDS = 300.0
_SHOWN_SECONDS = 5.0


class Fleet:
    """All agents of a run. A host that fails leaves the fleet, with its error in C(failed), and the others go on."""

    def __init__(self, starts: Iterable[tuple[str, Callable[[Events], AgentLink]]]) -> None:
        """``starts`` are hosts, each with what starts its agent, which is called before the next host is asked for."""
        self.failed: dict[str, ClusterError] = {}
        # Shows what the hosts are doing while they are asked.
        self.show = Lines(lambda _line: None)
        self._shown_at = 0.0
        self._events: Events = queue.SimpleQueue()
        self._agents: dict[str, AgentLink] = {}
        for host, start in starts:
            try:
                self._agents[host] = start(self._events)
            except ClusterError as error:
                self.failed[host] = error
        self._is_over = threading.Event()
        threading.Thread(target=self._keep_alive, daemon=True).start()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: Any) -> None:
        """End all agents at the same time, and wait for them."""
        self._is_over.set()
        close_all(self._agents.values())

    @property
    def hosts(self) -> list[str]:
        return [host for host in self._agents if host not in self.failed]

    def send(self, host: str, command: Mapping[str, Any]) -> None:
        self._agents[host].send(command)

    def ask(self, commands: Mapping[str, Mapping[str, Any]], answer: str) -> dict[str, dict[str, Any]]:
        """Send each host its command, and return the answers (events of this name) of those that gave one."""
        lines: dict[int, bytes] = {}
        for host, command in commands.items():
            line = lines.get(id(command)) or encoded(command)
            self._agents[host].send_line(lines.setdefault(id(command), line))
        del lines
        answers: dict[str, dict[str, Any]] = {}
        asked_at = time.monotonic()
        until = asked_at + ANSWER_SECONDS
        while waiting := [host for host in commands if host not in answers and host not in self.failed]:
            event = self.next_event(min(max(until - time.monotonic(), 0.0), self.show.due_in()))
            if not self.show.due_in():
                self._show_waiting(waiting, commands[waiting[0]], time.monotonic() - asked_at)
            if event is None and time.monotonic() < until:
                continue
            if event is None:
                for host in waiting:
                    self._give_up(host, f"Host {host} did not answer within {ANSWER_SECONDS:.0f} s.")
            elif event[1]["event"] == answer:
                answers[event[0]] = event[1]
            elif event[1]["event"] == "busy":
                until = time.monotonic() + ANSWER_SECONDS
                self._show_busy(event[0], event[1].get("text", ""))
        return answers

    def next_event(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        """Return the next event of any host, or None after ``timeout`` seconds. A failure goes into C(failed) too."""
        try:
            host, event = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        if event["event"] == "failed":
            self._give_up(host, event["msg"], event.get("details") or {})
        elif event["event"] == "ended":
            self._give_up(host, why_ended(host, event["code"], event["stderr"]))
        return host, event

    def _show_busy(self, host: str, text: str) -> None:
        """Show what one of the hosts is doing, not all of them at once."""
        if text and time.monotonic() - self._shown_at >= _SHOWN_SECONDS:
            self._shown_at = time.monotonic()
            self.show(f"{host}: {text}")

    def _show_waiting(self, hosts: Sequence[str], command: Mapping[str, Any], seconds: float) -> None:
        """Show which hosts have not answered yet, where none has said what it is doing."""
        self.show(f"{folded(hosts)}: {command.get('question', command['do'])}, {seconds:.0f} s so far")

    def _keep_alive(self) -> None:
        while not self._is_over.wait(KEEPALIVE_SECONDS):
            for host in self.hosts:
                self._agents[host].keep_alive()

    def _give_up(self, host: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        self.failed.setdefault(host, ClusterError(message, **(details or {})))
