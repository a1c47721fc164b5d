# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One process of the all-reduce, with a GPU of its own where there are GPUs."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from datetime import timedelta
from typing import Any

from .meeting import GRACE_SECONDS, POLL_SECONDS, Meeting, Problem
from .outcome import write_outcome
from .turns import Turns
from .watchdog import Watchdog

FLOAT_BYTES = 4
MIB = 1 << 20
SHARED_MEMORY = "/dev/shm"  # noqa: S108 (looked at, nothing is put there)
# What NCCL puts there for one pair of ranks; where it cannot, it may only report an unhandled system error.
SHARED_MEMORY_OF_NCCL = 32 * MIB
# All-reduces in a row, so that one interruption does not make the figure.
FEWEST = 3


class Rank:
    def __init__(self, settings: argparse.Namespace) -> None:
        self._settings = settings
        self._name = f"rank {settings.rank} on {settings.host}"
        self._is_first = settings.rank == 0
        self._rows: list[dict[str, float]] = []
        self._versions: dict[str, str] = {}
        self._meeting: Meeting | None = None
        self._turns = Turns(settings.directory, settings.networks, settings.network)
        # Turns are counted over all tunings.
        self._steps = settings.rounds * len(settings.sizes)
        self._turn = list(settings.tunings).index(settings.tuning) * self._steps
        self._ending = threading.Lock()
        # Before its host ends it.
        self._watchdog = Watchdog(self._end, settings.timeout - 2 * GRACE_SECONDS)

    def run(self) -> None:
        try:
            self._measure()
        except Problem as error:
            self._end(str(error), error.names_ranks)
        except Exception as error:
            shortage = _shared_memory(os.statvfs(SHARED_MEMORY)) if self._settings.backend == "nccl" else ""
            self._end(f"{self._watchdog.phase} failed ({_words(error)}){shortage}")
        self._end("")

    def _end(self, problem: str, names_ranks: bool = False) -> None:
        """Report to the other ranks and end the process at once: what torch still holds must not keep it."""
        self._ending.acquire()
        if self._is_first:
            self._turns.finish(self._turn + self._steps)
        if problem and not problem.startswith("rank "):
            problem = f"{self._name}: {problem}"
        if self._meeting:
            problem = self._meeting.part(problem, names_ranks)
        write_outcome(self._settings, {"rows": self._rows, "versions": self._versions, "problem": problem})
        sys.stdout.flush()
        os._exit(1 if problem else 0)

    def _measure(self) -> None:
        settings = self._settings
        self._watchdog.expect("the import of torch", settings.arrival)
        import torch  # noqa: PLC0415 (where the watchdog sees it)
        import torch.distributed  # noqa: PLC0415

        self._torch = torch
        self._versions = {"torch": torch.__version__}
        if settings.backend == "nccl":
            torch.cuda.set_device(settings.rank - settings.ranks.index(settings.host))
            self._versions["nccl"] = ".".join(str(part) for part in torch.cuda.nccl.version())
        self._watchdog.expect("the wait for the other ranks", 2 * settings.arrival + 2 * GRACE_SECONDS)
        self._meeting = Meeting(settings, torch.distributed)
        self._meeting.arrive(settings.arrival)
        self._watchdog.expect("connecting with the other ranks", settings.patience + GRACE_SECONDS)
        self._connect(self._meeting)
        for step in range(self._steps):
            self._watchdog.expect("the wait for a turn", settings.timeout)
            self._wait_for_turn(self._meeting, step)
            self._step(self._meeting, step, settings.sizes[step % len(settings.sizes)])

    def _connect(self, meeting: Meeting) -> None:
        distributed = self._torch.distributed
        distributed.init_process_group(
            self._settings.backend,
            store=distributed.PrefixStore("group", meeting.store),
            rank=self._settings.rank,
            world_size=len(self._settings.ranks),
            timeout=timedelta(seconds=self._settings.patience),
        )
        # NCCL connects with the first all-reduce.
        self._timed(self._ones(FLOAT_BYTES), 1)

    def _wait_for_turn(self, meeting: Meeting, step: int) -> None:
        settings = self._settings
        # A network that stands still for longer is waited for no more.
        deadline = time.monotonic() + settings.arrival + settings.patience
        while self._is_first and not self._turns.has_come(self._turn + step) and time.monotonic() < deadline:
            meeting.raise_reported_problem()
            time.sleep(POLL_SECONDS)
        meeting.begin(str(step), settings.timeout, settings.patience)

    def _step(self, meeting: Meeting, step: int, size: int) -> None:
        settings, key = self._settings, str(step)
        self._watchdog.expect(f"the all-reduce of {size} bytes", 4 * settings.patience + settings.seconds)
        values = self._ones(size)
        self._timed(values, 1)
        if not bool((values == len(settings.ranks)).all()):
            raise Problem(f"the all-reduce of {size} bytes gave a wrong sum")
        values.zero_()
        once = self._timed(values, 1)
        wanted = min(settings.repetitions, max(FEWEST, int(settings.seconds / max(once, 1e-9))))
        count = meeting.agree(f"count-{key}", wanted, settings.patience)
        # One more, after which all begin together.
        self._timed(values, 1)
        # It has ended when it has ended on the slowest rank.
        seconds = meeting.slowest(key, self._timed(values, count), settings.patience)
        if self._is_first:
            self._rows.append({"bytes": size, "seconds": seconds, "repetitions": count})
            self._turns.finish(self._turn + step + 1)

    def _timed(self, values: Any, count: int) -> float:
        """Seconds of one all-reduce, the mean of ``count`` in a row."""
        started = time.perf_counter()
        for _round in range(count):
            self._torch.distributed.all_reduce(values)
        if self._settings.backend == "nccl":
            self._torch.cuda.synchronize()
        return (time.perf_counter() - started) / count

    def _ones(self, size: int) -> Any:
        device = "cuda" if self._settings.backend == "nccl" else "cpu"
        return self._torch.ones(size // FLOAT_BYTES, dtype=self._torch.float32, device=device)


def _shared_memory(found: os.statvfs_result) -> str:
    """Whether shared memory is so short that it is the likely reason; empty where it is not."""
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    if free >= SHARED_MEMORY_OF_NCCL:
        return ""
    return f"; in its {SHARED_MEMORY} there is no space for NCCL ({free // MIB} of {size // MIB} MiB are free)"


def _words(error: Exception) -> str:
    """The first line of the exception, and what NCCL names as its last error, which is the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return repr(error)
    last = next((number for number, line in enumerate(lines) if line.startswith("Last error:")), None)
    return lines[0] if last is None else " ".join((lines[0], *lines[last : last + 2]))
