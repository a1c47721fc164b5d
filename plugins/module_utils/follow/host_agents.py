# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agents that watch a job, one on each host; an agent that is lost is started again."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.agent_link import KEEPALIVE_SECONDS, AgentLink, Events, close_all
from ..base.errors import ClusterError
from ..causes.end_order import Clock, clock_of

# An agent sends every observation. After so long without any, its host counts as unreachable.
SILENT_SECONDS = 15.0
# A silent agent is restarted after so long; one that has never answered gets more time, as its host may be busy.
_SILENT_AGENT_SECONDS = 20.0
_NEW_AGENT_SECONDS = 60.0
_FIRST_OBSERVATION_SECONDS = 20.0
_RESTART_SECONDS = 4.0


@dataclass
class HostView:
    """The last observation of one host, when it last answered, and the reason where it does not."""

    answered_at: float
    found: dict[str, Any] = field(default_factory=dict)
    because: str = ""
    # How many observations have come.
    count: int = 0


class HostAgents:
    """``commands`` has the first command for the agent of each host; ``connect`` starts the agent of a host."""

    def __init__(self, commands: Mapping[str, Mapping[str, Any]], connect: Callable[[str, Events], AgentLink]) -> None:
        now = time.monotonic()
        self.views = {host: HostView(now) for host in commands}
        self._connect = connect
        self._commands = commands
        self._events: Events = queue.SimpleQueue()
        self._agents: dict[str, AgentLink] = {}
        self._started_at: dict[str, float] = {}
        self._is_over = threading.Event()
        try:
            for host in commands:
                self._start(host)
        except (ClusterError, OSError):
            self.close()
            raise
        threading.Thread(target=self._send_keepalives, daemon=True).start()

    def update(self) -> None:
        """Receive what the agents have sent, wait for each host's first observation, and restart lost agents."""
        until = time.monotonic() + (_FIRST_OBSERVATION_SECONDS if not any(s.found for s in self.views.values()) else 0)
        while self._receive(0.2 if self._is_waited_for(until) else 0.0) or self._is_waited_for(until):
            pass
        now = time.monotonic()
        for host, view in self.views.items():
            age, silence = now - self._started_at[host], now - view.answered_at
            limit = _SILENT_AGENT_SECONDS if silence < age else _NEW_AGENT_SECONDS
            if host not in self._agents and age > _RESTART_SECONDS:
                self._restart(host)
            elif host in self._agents and min(age, silence) > limit:
                self._close(host)
                self._restart(host)

    def unseen(self, host: str) -> float:
        """Return for how many seconds the host has not answered; 0 while it counts as reachable."""
        silence = time.monotonic() - self.views[host].answered_at
        return silence if silence > SILENT_SECONDS else 0.0

    def ask(self, hosts: Iterable[str], command: Mapping[str, Any], answer: str, timeout: float) -> dict[str, Any]:
        """Send a command to all hosts at once, and return the answers that come within ``timeout`` seconds."""
        return dict(self._answers(dict.fromkeys(hosts, command), answer, timeout))

    def ask_each(self, commands: Mapping[str, Mapping[str, Any]], answer: str, timeout: float) -> dict[str, Any]:
        """Send each host its command, and return the answers that come within ``timeout`` seconds."""
        return dict(self._answers(commands, answer, timeout))

    def clocks(self, hosts: Iterable[str], timeout: float) -> dict[str, Clock]:
        """Return the offset of each host's clock from this one, for those that answer within ``timeout`` seconds."""
        asked = time.time()
        answers = self._answers({host: {"do": "clock"} for host in hosts}, "clock", timeout)
        return {host: clock_of(asked, found, time.time()) for host, found in answers}

    def _answers(
        self, commands: Mapping[str, Mapping[str, Any]], answer: str, timeout: float
    ) -> Iterator[tuple[str, Any]]:
        """Yield each answer as it arrives."""
        while self._receive(0.0):
            # What came while nobody looked says that a host answers.
            pass
        asked = [host for host in commands if host in self._agents and not self.unseen(host)]
        for host in asked:
            self._agents[host].send(commands[host])
        answered: set[str] = set()
        until = time.monotonic() + timeout
        while any(host in self._agents and host not in answered for host in asked):
            left = until - time.monotonic()
            if left <= 0:
                break
            event = self._receive(min(left, 1.0))
            if event and event[0] in asked and event[1]["event"] == answer:
                answered.add(event[0])
                yield event[0], event[1].get("found")

    def close(self) -> None:
        """End all agents at the same time, and wait for them."""
        self._is_over.set()
        agents, self._agents = self._agents, {}
        close_all(agents.values())

    def _send_keepalives(self) -> None:
        while not self._is_over.wait(KEEPALIVE_SECONDS):
            for agent in list(self._agents.values()):
                agent.keep_alive()

    def _is_waited_for(self, until: float) -> bool:
        waiting = any(not view.found and not view.because for view in self.views.values())
        return waiting and time.monotonic() < until

    def _receive(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        try:
            host, event = self._events.get(timeout=timeout) if timeout else self._events.get_nowait()
        except queue.Empty:
            return None
        view = self.views[host]
        if event["event"] == "ended":
            # Ignore the end of an agent that was replaced before.
            if host in self._agents and self._agents[host].has_ended:
                self._close(host)
                view.because = view.because if event["code"] == 1 and view.because else event["stderr"] or "no answer"
        elif event["event"] == "failed":
            view.because = event["msg"].strip().splitlines()[-1]
        else:
            view.answered_at, view.because = time.monotonic(), ""
            if event["event"] == "seen":
                view.count += 1
                _merge(view.found, event["found"])
        return host, event

    def _start(self, host: str) -> None:
        self._started_at[host] = time.monotonic()
        self._agents[host] = self._connect(host, self._events)
        self._agents[host].send(self._commands[host])

    def _restart(self, host: str) -> None:
        """Start a new agent; note an error, such as too many open files, instead of raising it."""
        try:
            self._start(host)
        except ClusterError as error:
            self.views[host].because = error.message
        except OSError as error:
            self.views[host].because = f"no connection could be made ({error.strerror})"

    def _close(self, host: str) -> None:
        """End the agent of a host, without waiting."""
        threading.Thread(target=self._agents.pop(host).close, daemon=True).start()


def _merge(known: dict[str, Any], found: dict[str, Any]) -> None:
    """Take over an observation; unchanged lines of output are not sent again."""
    found["job"].setdefault("last_lines", known.get("job", {}).get("last_lines", []))
    known.update(found)
