# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What happens while something is measured: how busy the machine is, what interfaces carry, what lies on the disks."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from tests.bench.images.lab import Lab

_PERIOD = 0.1
# Of the rate: below it an interface is as good as idle. What starts the agents is less, what carries a layer is more.
_BUSY_SHARE = 0.25
# Where a delivery may put what it does not keep.
TEMPORARY = ("var/lib/docker/tmp", "tmp", "var/tmp", "var/lib/distrain")

Moment = tuple[float, Mapping[str, int]]


def cpu_times(stat: str) -> tuple[int, int]:
    """The busy and all ticks of the machine, from /proc/stat. Waiting for a disk is idle time, as the kernel has it."""
    ticks = [int(word) for word in stat.splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def busy_share(before: tuple[int, int], after: tuple[int, int]) -> float:
    return (after[0] - before[0]) / max(after[1] - before[1], 1)


def received_bytes(net_dev: str, interface: str = "eth0") -> int:
    """What an interface has received, from /proc/PID/net/dev."""
    for line in net_dev.splitlines():
        name, _separator, figures = line.partition(":")
        if name.strip() == interface:
            return int(figures.split()[0])
    raise ValueError(f"no interface {interface}")


def wire_seconds(moments: Sequence[Moment], bytes_per_second: float) -> float:
    """From when the first interface began to carry something to when the last one ended."""
    busy = []
    for (start, before), (end, after) in pairwise(moments):
        floor = _BUSY_SHARE * bytes_per_second * (end - start)
        if any(after[host] - before[host] > floor for host in after if host in before):
            busy.append((start, end))
    return busy[-1][1] - busy[0][0] if busy else 0.0


def disk_bytes(root: Path) -> int:
    """What the files below a directory take of the disk; files that vanish meanwhile take nothing."""
    total = 0
    for folder, _folders, names in os.walk(root):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(Path(folder, name)).st_blocks * 512
    return total


class Watch:
    """Looks at the receiving hosts from outside, ten times a second."""

    def __init__(self, lab: Lab, hosts: Sequence[str]) -> None:
        self._processes = lab.on_all(lab.process, hosts)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.moments: list[Moment] = []
        self.cpu = 0.0
        self._at_rest: dict[str, int] = {}
        self._peaks: dict[str, int] = {}

    def __enter__(self) -> Watch:
        self._cpu_before = cpu_times(Path("/proc/stat").read_text())
        self._at_rest = {host: self._temporary(host) for host in self._processes}
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()
        self.cpu = busy_share(self._cpu_before, cpu_times(Path("/proc/stat").read_text()))

    def received(self, host: str) -> int:
        """What the host's interface has received since the watch began."""
        return self.moments[-1][1].get(host, 0) - self.moments[0][1][host]

    def peak(self) -> int:
        """The most that any host had on its disk beyond what it had before."""
        return max((peak - self._at_rest[host] for host, peak in self._peaks.items()), default=0)

    def wait_for(self, host: str, count: float, timeout: float) -> bool:
        """Whether the host's interface has received so many bytes before the time is over."""
        until = time.monotonic() + timeout
        while time.monotonic() < until and not self._stop.is_set():
            if self.received(host) >= count:
                return True
            time.sleep(_PERIOD / 2)
        return False

    def _look_on(self) -> None:
        while not self._stop.wait(_PERIOD):
            self._look()

    def _look(self) -> None:
        received = {}
        for host, process in self._processes.items():
            # A host that was killed has no process any more.
            with contextlib.suppress(OSError, ValueError):
                received[host] = received_bytes(Path(f"/proc/{process}/net/dev").read_text())
        self.moments.append((time.monotonic(), received))
        for host in received:
            self._peaks[host] = max(self._peaks.get(host, 0), self._temporary(host))

    def _temporary(self, host: str) -> int:
        return sum(disk_bytes(Path(f"/proc/{self._processes[host]}/root/{path}")) for path in TEMPORARY)
