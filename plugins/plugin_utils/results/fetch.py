# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fetch the logs and the results of a job from all hosts at once, by agents."""

from __future__ import annotations

import queue
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import KEEPALIVE_SECONDS, close_all
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.progress import RelayProgress, Total

from ..control.bundle import bundle
from ..control.remote_agent import RemoteAgent
from ..control.ssh import SshTarget
from .host import HostOutputs

OUTPUTS = "results.agent"
SILENT_SECONDS = 60.0
# Blocks of 1 MiB in memory: the hosts send no faster than the controller's disk writes.
_QUEUE_LENGTH = 32

Event = tuple[str, dict[str, Any]]


class Events(queue.Queue[Event]):
    """A queue whose C(put) waits while it is full, and drops the item once ``is_over`` is set."""

    def __init__(self) -> None:
        super().__init__(_QUEUE_LENGTH)
        self.is_over = threading.Event()

    def put(self, item: Event, block: bool = True, timeout: float | None = None) -> None:
        while not self.is_over.is_set():
            try:
                super().put(item, True, 0.2)
            except queue.Full:
                continue
            return


class OutputsFetch:
    """``outputs`` receives the files of each host; after C(run) every host is done or given up."""

    def __init__(self, outputs: Mapping[str, HostOutputs], show: Callable[[str], None]) -> None:
        self._outputs = outputs
        self._totals: dict[str, Total] = {}
        self._progress = RelayProgress(self._totals, "files", show)
        self._events = Events()
        self._agents: dict[str, RemoteAgent] = {}
        self._answered_at: dict[str, float] = {}
        self._kept_alive_at = time.monotonic()

    def run(self, targets: Mapping[str, SshTarget], wanted: Mapping[str, Any]) -> None:
        """Fetch what is wanted; ``wanted`` is as for C(Survey.run)."""
        program = bundle(OUTPUTS)
        try:
            for host, target in targets.items():
                self._start(host, target, program, wanted)
            while any(not self._outputs[host].is_done for host in self._agents):
                self._handle_next()
        finally:
            self._events.is_over.set()
            close_all(self._agents.values())

    def _start(self, host: str, target: SshTarget, program: bytes, wanted: Mapping[str, Any]) -> None:
        events = cast("queue.SimpleQueue[Event]", self._events)
        try:
            self._agents[host] = RemoteAgent(target, events, OUTPUTS, program)
        except ClusterError as error:
            self._outputs[host].give_up(error.message)
            return
        except OSError as error:
            self._outputs[host].give_up(f"no SSH could be started ({error.strerror})")
            return
        self._answered_at[host] = time.monotonic()
        self._agents[host].send({"do": "survey", "wanted": wanted})

    def _handle_next(self) -> None:
        now = time.monotonic()
        if now - self._kept_alive_at > KEEPALIVE_SECONDS:
            self._kept_alive_at = now
            for agent in self._agents.values():
                agent.keep_alive()
        try:
            host, event = self._events.get(timeout=1.0)
        except queue.Empty:
            # A host is silent only if nothing arrived while the controller was waiting for it.
            for host in self._agents:
                if now - self._answered_at[host] > SILENT_SECONDS and not self._outputs[host].is_done:
                    self._outputs[host].give_up(f"it did not answer for {SILENT_SECONDS:.0f} s")
            return
        self._answered_at[host] = now
        if not self._outputs[host].is_done:
            try:
                self._handle(host, self._outputs[host], event)
            except (LookupError, TypeError, ValueError, ArithmeticError, zlib.error) as error:
                self._outputs[host].give_up(f"it sent what cannot be read ({error})")

    def _handle(self, host: str, outputs: HostOutputs, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind == "found":
            numbers = outputs.take_survey(event["found"])
            self._totals[host] = Total(len(numbers), outputs.total_bytes)
            self._agents[host].send({"do": "send", "numbers": numbers})
        elif kind == "data":
            outputs.take_data(event["number"], event["piece"], event["data"], event["packed"])
            self._progress.take(host, outputs.figures())
        elif kind == "end":
            outputs.take_end(event["number"], event["error"])
        elif kind == "done":
            outputs.is_done = True
        elif kind == "failed":
            outputs.give_up(event["msg"].strip().splitlines()[-1])
        elif kind == "ended":
            outputs.give_up(event["stderr"] or "the SSH connection has ended")
        if outputs.is_done:
            self._progress.leave(host)
