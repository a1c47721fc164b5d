# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ranks report to each other beside the all-reduces, over the store that the first rank keeps."""

from __future__ import annotations

import argparse
import contextlib
import socket
import time
from datetime import timedelta
from typing import Any

POLL_SECONDS = 0.02
# How long the others may take to report how they ended.
GRACE_SECONDS = 5.0


class Problem(Exception):
    """One sentence for the user; ``names_ranks`` where it says which ranks to look at."""

    def __init__(self, message: str, names_ranks: bool = False) -> None:
        super().__init__(message)
        self.names_ranks = names_ranks


class Meeting:
    """One rank's view of the store. Every wait has an end, and a problem that another rank reports ends it too."""

    def __init__(self, settings: argparse.Namespace, distributed: Any) -> None:
        self._hosts: list[str] = settings.ranks
        self._rank: int = settings.rank
        self.store = _open_store(settings, distributed)

    def arrive(self, seconds: float) -> None:
        """Return when all ranks are there."""
        self.report("arrived")
        if self._rank == 0:
            self.refuse_missing("arrived", seconds, f"did not arrive within {seconds:g} s")
            self.set("met")
        else:
            self.wait_for("met", seconds + GRACE_SECONDS)

    def begin(self, step: str, seconds: float, patience: float) -> None:
        """The first rank calls the others, which then have all to be there; they wait for ``seconds`` to be called."""
        if self._rank == 0:
            self.set(f"go-{step}")
            self.report(f"ready-{step}")
            self.refuse_missing(f"ready-{step}", patience, "stopped answering")
            self.set(f"start-{step}")
            return
        self.wait_for(f"go-{step}", seconds)
        self.report(f"ready-{step}")
        self.wait_for(f"start-{step}", patience + GRACE_SECONDS)

    def slowest(self, step: str, seconds: float, patience: float) -> float:
        """The most seconds that any rank took; only the first rank learns it."""
        self.report(f"done-{step}", repr(seconds))
        if self._rank != 0:
            return seconds
        self.refuse_missing(f"done-{step}", patience, "did not end the all-reduce")
        return max(float(self.store.get(f"done-{step}-{rank}")) for rank in range(len(self._hosts)))

    def agree(self, key: str, value: int, patience: float) -> int:
        """The first rank's value."""
        if self._rank == 0:
            self.set(key, str(value))
        else:
            self.wait_for(key, patience)
        return int(self.store.get(key))

    def part(self, problem: str, names_ranks: bool) -> str:
        """Report how this rank ended; the first rank adds which ranks have not reported."""
        with contextlib.suppress(RuntimeError):
            if problem:
                self.set("problem", problem)
            self.report("ended")
            silent = self._missing("ended", GRACE_SECONDS) if self._rank == 0 else []
            if problem and silent and not names_ranks:
                return f"{problem}; no report came from {self._names(silent)}"
        return problem

    def raise_reported_problem(self) -> None:
        if self.store.check(["problem"]):
            raise Problem(self.store.get("problem").decode())

    def wait_for(self, key: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.store.check([key]):
            self.raise_reported_problem()
            if time.monotonic() > deadline:
                raise Problem(f"{self._names([0])} went silent", names_ranks=True)
            time.sleep(POLL_SECONDS)

    def refuse_missing(self, key: str, seconds: float, what: str) -> None:
        missing = self._missing(key, seconds)
        if missing:
            raise Problem(f"{self._names(missing)} {what}", names_ranks=True)

    def report(self, key: str, value: str = "") -> None:
        self.set(f"{key}-{self._rank}", value)

    def set(self, key: str, value: str = "") -> None:
        self.store.set(key, value)

    def _missing(self, key: str, seconds: float) -> list[int]:
        """Return the ranks that have not reported this when the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            missing = [rank for rank in range(len(self._hosts)) if not self.store.check([f"{key}-{rank}"])]
            if not missing or time.monotonic() > deadline:
                return missing
            if key != "ended":
                self.raise_reported_problem()
            time.sleep(POLL_SECONDS)

    def _names(self, ranks: list[int]) -> str:
        return ", ".join(f"rank {rank} on {self._hosts[rank]}" for rank in ranks)


def _open_store(settings: argparse.Namespace, distributed: Any) -> Any:
    address = _resolve(settings.address, settings.arrival)
    limit = timedelta(seconds=settings.arrival)
    options = {"world_size": len(settings.ranks), "timeout": limit, "wait_for_workers": False}
    try:
        if settings.rank == 0:
            # On this network alone; torch itself would listen on all of them.
            listener = socket.create_server((address, settings.port), backlog=len(settings.ranks))
            options.update(is_master=True, master_listen_fd=listener.detach())
        return distributed.TCPStore(address, settings.port, **options)
    except (RuntimeError, OSError) as error:
        what = "listen" if settings.rank == 0 else "reach the first rank"
        reason = str(error).splitlines()[0]
        raise Problem(f"it cannot {what} at {address}:{settings.port} ({reason})") from error


def _resolve(name: str, seconds: float) -> str:
    """The address of the first rank, waiting until its name is known on the network."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.gethostbyname(name)
        except OSError as error:
            if time.monotonic() > deadline:
                raise Problem(f"the name {name} of the first rank does not resolve") from error
            time.sleep(POLL_SECONDS)
