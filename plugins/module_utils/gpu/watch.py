# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lasting look at the GPUs of a job, which costs little and never waits for a driver that is stuck."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..base.command import TOO_LATE, Ended, run_command, search_path
from .access import is_denied
from .bus import DEVICES
from .claims import is_claimed
from .commands import NVIDIA_SMI
from .driver import broken_gpus
from .history import GpuHistory
from .kernel_log import NEEDLE, merged, parse_xids
from .messages import KernelMessages
from .readings import NOT_KNOWN, REASONS, parse_readings, query

# How often nvidia-smi is asked, and how long it may take, in seconds.
QUERY_SECONDS = 10.0
ANSWER_SECONDS = 20.0
SINGLE_ANSWER_SECONDS = 5.0
# One that has not answered for so long is worth a word.
SILENT_SECONDS = 15.0
# What the kernel writes so soon after the end of a job still belongs to it.
AFTER_SECONDS = 10.0
FORMAT = "--format=csv,noheader,nounits"
PROCESSES = "--query-compute-apps=gpu_uuid,pid,used_memory"
NO_ANSWER = "nvidia-smi does not answer, as where the driver is stuck; GPUs that are gone or slow are not seen"
NO_LOG = "the kernel's log (/dev/kmsg) cannot be read, so that Xid errors are not seen"


@dataclass
class Answer:
    """What nvidia-smi has said last; ``processes`` is the text of its second query."""

    rc: int = 0
    said: str = ""
    processes: str = ""
    readings: list[dict[str, Any]] = field(default_factory=list)


def has_gpus() -> bool:
    """Return whether this host has nvidia-smi. Where it has not, nothing is watched."""
    return bool(shutil.which(NVIDIA_SMI, path=search_path()))


def xids_between(began: float, until: float, messages: KernelMessages) -> list[dict[str, Any]] | None:
    """Return the Xid errors of the kernel's log since a time of the epoch; None where it cannot be read."""
    found = messages.read()
    if found is None:
        return None
    return parse_xids(f"{at:.6f} {text}" for at, text in found if began <= at <= until)


class Questions:
    """Asks nvidia-smi, by the names of fields that its driver knows."""

    def __init__(self, seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._reasons = REASONS[0]

    def ask(self) -> Answer | None:
        """Return what it answers, None where it does not answer in time."""
        done = self._run(query(self._reasons))
        if self._reasons == REASONS[0] and NOT_KNOWN in done.stdout + done.stderr:
            self._reasons = REASONS[1]
            done = self._run(query(self._reasons))
        if done.rc == TOO_LATE and not done.has_run:
            return None
        readings = parse_readings(done.stdout)
        processes = self._run(PROCESSES) if readings else done
        return Answer(
            done.rc, f"{done.stdout}{done.stderr}".strip(), processes.stdout if processes.rc == 0 else "", readings
        )

    def _run(self, question: str) -> Ended:
        return run_command((NVIDIA_SMI, question, FORMAT), self._seconds)


class GpuWatch:
    """Asks nvidia-smi every ten seconds in a thread of its own, and reads the kernel's log where it is looked at.

    ``began`` is the start of the job in seconds of the epoch, ``until`` its end, or None; ``claimed`` are its GPUs.
    ``container`` is a process of its container, 0 while none is known.
    """

    def __init__(
        self,
        began: float,
        claimed: Sequence[str],
        until: float | None = None,
        messages: KernelMessages | None = None,
        ask: Callable[[], Answer | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        denied: Callable[[int], bool] = is_denied,
    ) -> None:
        self._began = began
        self._until = until + AFTER_SECONDS if until else float("inf")
        self._claimed = claimed
        self._messages = messages or KernelMessages(NEEDLE)
        self._ask = ask or Questions().ask
        self._clock = clock
        self._history = GpuHistory(claimed, lambda address: (DEVICES / address).exists())
        self._xids: list[dict[str, Any]] = []
        self.container = 0
        self._is_denied = denied
        self._denied_at: float | None = None
        self._answer: Answer | None = None
        self._answered_at = clock()
        self._is_late = False
        self._is_over = threading.Event()

    def start(self) -> None:
        """Begin to ask, until C(stop). The process does not wait for the end of the thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._is_over.set()

    def query(self) -> None:
        """Ask once."""
        self._ask_for_access()
        answer = self._ask()
        self._is_late = answer is None
        if answer:
            self._history.add(answer.readings, broken_gpus(answer.said), answer.rc == 0, time.time())
            self._answer, self._answered_at = answer, self._clock()

    def found(self) -> dict[str, Any]:
        """Return what is wrong with the GPUs of the job, by the kernel's log of this moment; empty for nothing.

        C(xids) are as M(distrain.cluster.gpu_info) returns them, C(slowdowns) and C(gone) one entry for each GPU and
        reason; C(gpus) are the GPUs of the job. C(denied) is since when its container may not open GPUs any more.
        C(problems) has a sentence for each thing that could not be read.
        """
        if not self._claimed:
            return {}
        new = xids_between(self._began, self._until, self._messages)
        self._xids = merged(self._xids, new or [])
        found = {
            "xids": [one for one in self._xids if self._is_ours(one["pci_address"])],
            **self._history.found(time.time()),
            "denied": self._denied_at,
            "problems": [*([NO_LOG] if new is None else []), *self._unread()],
        }
        known = {name: value for name, value in found.items() if value}
        return {**known, "gpus": self._history.gpus} if known else {}

    def usage_texts(self) -> tuple[str, str]:
        """Return the processes on the GPUs and the utilization of each, as nvidia-smi has printed them last."""
        answer = self._answer or Answer()
        busy = [f"{one['uuid']}, {one['utilization_percent']}" for one in answer.readings]
        return answer.processes, "\n".join(busy)

    def _ask_for_access(self) -> None:
        if not self.container or not self._is_denied(self.container):
            self._denied_at = None
        elif self._denied_at is None:
            self._denied_at = time.time()

    def _unread(self) -> list[str]:
        answer, silent = self._answer, self._clock() - self._answered_at - QUERY_SECONDS
        if self._is_late or silent > SILENT_SECONDS:
            return [NO_ANSWER]
        if not answer or answer.readings or broken_gpus(answer.said):
            return []
        return [f"nvidia-smi lists no GPU; it says: {' '.join(answer.said.split())[:200] or 'nothing'}"]

    def _is_ours(self, address: str) -> bool:
        """A GPU that is not listed may be one of the job's."""
        listed = next((one for one in self._history.listed if one["pci_address"] == address), None)
        return listed is None or is_claimed(listed, self._claimed)

    def _run(self) -> None:
        while not self._is_over.is_set():
            began = self._clock()
            self.query()
            self._is_over.wait(max(1.0, QUERY_SECONDS - (self._clock() - began)))
