# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agents that watch a job, one on each host, as the controller has them; a lost host is looked for again."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError

from ..causes.end_order import Clock, clock_of
from ..control.bundle import bundle
from ..control.remote_agent import KEEPALIVE_SECONDS, RemoteAgent
from ..control.ssh import SshTarget

WATCH = "job.agent"
# An agent tells something at every look. Who has said nothing for so long is out of sight.
SILENT_SECONDS = 15.0
# An agent that has once spoken is started anew after so long, a new one gets more time: a host may be busy.
_SILENT_AGENT_SECONDS = 20.0
_NEW_AGENT_SECONDS = 60.0
_FIRST_LOOK_SECONDS = 20.0
_START_AGAIN_SECONDS = 4.0


@dataclass
class HostView:
    """What is known of one host: ``found`` is its latest look, ``heard_at`` when it last said anything."""

    heard_at: float
    found: dict[str, Any] = field(default_factory=dict)
    because: str = ""


class HostAgents:
    """``commands`` are, for each host, what its agent is told to watch."""

    def __init__(self, targets: Mapping[str, SshTarget], commands: Mapping[str, Mapping[str, Any]]) -> None:
        now = time.monotonic()
        self.sights = {host: HostView(now) for host in targets}
        self._targets = targets
        self._commands = commands
        self._events: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        self._program = bundle(WATCH)
        self._agents: dict[str, RemoteAgent] = {}
        self._started_at: dict[str, float] = {}
        self._is_over = threading.Event()
        try:
            for host in targets:
                self._start(host)
        except (ClusterError, OSError):
            self.close()
            raise
        threading.Thread(target=self._say_that_we_live, daemon=True).start()

    def look(self) -> None:
        """Take in what has come since, wait for the first word of each host, and look for those that are lost."""
        until = time.monotonic() + (_FIRST_LOOK_SECONDS if not any(s.found for s in self.sights.values()) else 0)
        while self._take(0.2 if self._is_waited_for(until) else 0.0) or self._is_waited_for(until):
            pass
        now = time.monotonic()
        for host, sight in self.sights.items():
            age, silence = now - self._started_at[host], now - sight.heard_at
            patience = _SILENT_AGENT_SECONDS if silence < age else _NEW_AGENT_SECONDS
            if host not in self._agents and age > _START_AGAIN_SECONDS:
                self._start_anew(host)
            elif host in self._agents and min(age, silence) > patience:
                self._leave(host)
                self._start_anew(host)

    def unseen(self, host: str) -> float:
        """For how many seconds the host has said nothing; 0 while that is nothing unusual."""
        silence = time.monotonic() - self.sights[host].heard_at
        return silence if silence > SILENT_SECONDS else 0.0

    def ask(self, hosts: Iterable[str], command: Mapping[str, Any], answer: str, timeout: float) -> dict[str, Any]:
        """All hosts at once; the answers of those that gave one in time."""
        return dict(self._answers(hosts, command, answer, timeout))

    def clocks(self, hosts: Iterable[str], timeout: float) -> dict[str, Clock]:
        """Return how far the clock of each host is ahead of this one, of those that answer in time."""
        asked = time.time()
        answers = self._answers(hosts, {"do": "clock"}, "clock", timeout)
        return {host: clock_of(asked, found, time.time()) for host, found in answers}

    def _answers(
        self, hosts: Iterable[str], command: Mapping[str, Any], answer: str, timeout: float
    ) -> Iterator[tuple[str, Any]]:
        """Yield each answer when it comes."""
        asked = [host for host in hosts if host in self._agents and not self.unseen(host)]
        for host in asked:
            self._agents[host].send({**command, "job": self._commands[host]["job"]})
        answered: set[str] = set()
        until = time.monotonic() + timeout
        while any(host in self._agents and host not in answered for host in asked):
            left = until - time.monotonic()
            if left <= 0:
                break
            event = self._take(min(left, 1.0))
            if event and event[0] in asked and event[1]["event"] == answer:
                answered.add(event[0])
                yield event[0], event[1].get("found")

    def close(self) -> None:
        """End all agents at the same time, and wait for them."""
        self._is_over.set()
        closing = [self._leave(host) for host in list(self._agents)]
        for thread in closing:
            thread.join()

    def _say_that_we_live(self) -> None:
        while not self._is_over.wait(KEEPALIVE_SECONDS):
            for agent in list(self._agents.values()):
                agent.keep_alive()

    def _is_waited_for(self, until: float) -> bool:
        waiting = any(not sight.found and not sight.because for sight in self.sights.values())
        return waiting and time.monotonic() < until

    def _take(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        try:
            host, event = self._events.get(timeout=timeout) if timeout else self._events.get_nowait()
        except queue.Empty:
            return None
        sight = self.sights[host]
        if event["event"] == "ended":
            # The end of an agent that was given up before is no news.
            if host in self._agents and self._agents[host].has_ended:
                self._leave(host)
                sight.because = sight.because if event["code"] == 1 and sight.because else event["said"] or "no answer"
        elif event["event"] == "failed":
            sight.because = event["msg"].strip().splitlines()[-1]
        else:
            sight.heard_at, sight.because = time.monotonic(), ""
            if event["event"] == "seen":
                _merge(sight.found, event["found"])
        return host, event

    def _start(self, host: str) -> None:
        self._started_at[host] = time.monotonic()
        self._agents[host] = RemoteAgent(self._targets[host], self._events, WATCH, self._program)
        self._agents[host].send(self._commands[host])

    def _start_anew(self, host: str) -> None:
        """As well as it can be done: a controller that has no more open files does not end the following."""
        try:
            self._start(host)
        except ClusterError as error:
            self.sights[host].because = error.message
        except OSError as error:
            self.sights[host].because = f"no SSH could be started ({error.strerror})"

    def _leave(self, host: str) -> threading.Thread:
        closing = threading.Thread(target=self._agents.pop(host).close, daemon=True)
        closing.start()
        return closing


def _merge(known: dict[str, Any], found: dict[str, Any]) -> None:
    """The latest look; lines that are the same as before are not sent again."""
    found["job"].setdefault("last_lines", known.get("job", {}).get("last_lines", []))
    known.update(found)
