# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agents of one run, as the controller has them: started over SSH, told what to do, and listened to."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError

from ..control.bundle import bundle
from ..control.remote_agent import KEEPALIVE_SECONDS, RemoteAgent, encoded, why_ended
from ..control.ssh import SshTarget

# By what is relayed, the agent's module below module_utils.
AGENTS = {"image": "layers.agent", "tree": "tree.agent"}
# An agent that has not answered a question within this time has an engine that does not answer.
ANSWER_SECONDS = 300.0


class Fleet:
    """All agents of a run. A host that fails leaves the fleet, with what it said, and the others go on."""

    def __init__(self, reaches: Iterable[SshTarget], kind: str) -> None:
        """``kind`` is what is relayed. Each host is reached while it is still found out how the next one is."""
        self.failed: dict[str, ClusterError] = {}
        self._events: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        module = AGENTS[kind]
        program = bundle(module)
        self._agents: dict[str, RemoteAgent] = {}
        for reach in reaches:
            try:
                self._agents[reach.host_name] = RemoteAgent(reach, self._events, module, program)
            except ClusterError as error:
                self.failed[reach.host_name] = error
        self._is_over = threading.Event()
        threading.Thread(target=self._say_that_we_live, daemon=True).start()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: Any) -> None:
        """End all agents at the same time, and wait for them."""
        self._is_over.set()
        closing = [threading.Thread(target=agent.close) for agent in self._agents.values()]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    @property
    def hosts(self) -> list[str]:
        return [host for host in self._agents if host not in self.failed]

    def tell(self, host: str, command: Mapping[str, Any]) -> None:
        self._agents[host].send(command)

    def ask(self, commands: Mapping[str, Mapping[str, Any]], answer: str) -> dict[str, dict[str, Any]]:
        """Give each of the hosts its command, and return the answer (an event of this name) of each that has one."""
        lines: dict[int, bytes] = {}
        for host, command in commands.items():
            line = lines.get(id(command)) or encoded(command)
            self._agents[host].send_line(lines.setdefault(id(command), line))
        del lines
        answers: dict[str, dict[str, Any]] = {}
        until = time.monotonic() + ANSWER_SECONDS
        while waiting := [host for host in commands if host not in answers and host not in self.failed]:
            event = self.next_event(max(until - time.monotonic(), 0.0))
            if event is None:
                for host in waiting:
                    self._give_up(host, f"Host {host} did not answer within {ANSWER_SECONDS:.0f} s.")
            elif event[1]["event"] == answer:
                answers[event[0]] = event[1]
            elif event[1]["event"] == "busy":
                until = time.monotonic() + ANSWER_SECONDS
        return answers

    def next_event(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        """The next thing that any host says; None where none says anything. A failure is noted in C(failed) as well."""
        try:
            host, event = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        if event["event"] == "failed":
            self._give_up(host, event["msg"], event.get("details") or {})
        elif event["event"] == "ended":
            self._give_up(host, why_ended(host, event["code"], event["stderr"]))
        return host, event

    def _say_that_we_live(self) -> None:
        while not self._is_over.wait(KEEPALIVE_SECONDS):
            for host in self.hosts:
                self._agents[host].keep_alive()

    def _give_up(self, host: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        self.failed.setdefault(host, ClusterError(message, **(details or {})))
