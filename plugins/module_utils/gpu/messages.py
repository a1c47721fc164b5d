# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kernel's log, read from where the last reading ended.

https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg: one record a read, in the form
C(PRIORITY,NUMBER,MICROSECONDS,FLAGS;TEXT).
"""

from __future__ import annotations

import errno
import os
import re
import time

KERNEL_LOG = "/dev/kmsg"
# One record has 8 KiB at most; a smaller buffer is an error.
_BUFFER_BYTES = 64 * 1024
_MOST_READS = 500_000
_LONGEST_BYTES = 4096
# The priority of what the kernel itself writes is below 8: programs, also those in containers, cannot write that.
_KERNEL_PRIORITIES = 8
_RECORD = re.compile(rb"([0-9]{1,6}),[0-9]{1,20},([0-9]{1,18}),[^;]{0,200};(.*)")


class KernelMessages:
    """The kernel's own records that hold a text; the first reading has all that the kernel still keeps."""

    def __init__(self, needle: str, path: str = KERNEL_LOG) -> None:
        self._needle = needle.encode()
        self._path = path
        self._descriptor: int | None = None
        self._rest = b""

    def read(self) -> list[tuple[float, str]] | None:
        """Return the new records with their times in seconds of the epoch; None where the log cannot be read."""
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:
                return None
        lines = self._new_lines(self._descriptor)
        return [found for line in lines if self._needle in line if (found := _message(line))]

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _new_lines(self, descriptor: int) -> list[bytes]:
        kept: list[bytes] = []
        for _count in range(_MOST_READS):
            try:
                data = os.read(descriptor, _BUFFER_BYTES)
            except OSError as error:
                # Records that were overwritten since the last reading; the next read goes on behind them.
                if error.errno == errno.EPIPE:
                    continue
                break
            if not data:
                break
            *lines, rest = (self._rest + data).split(b"\n")
            self._rest = rest[:_LONGEST_BYTES]
            kept += [line for line in lines if self._needle in line]
        return kept


def _message(line: bytes) -> tuple[float, str] | None:
    """Return the time and the text of a record of the kernel itself, None for another one."""
    found = _RECORD.fullmatch(line[:_LONGEST_BYTES])
    if not found or int(found[1]) >= _KERNEL_PRIORITIES:
        return None
    # The kernel's clock is not set by NTP, as this one is not; counted back from now the hours of a job differ little.
    age = time.clock_gettime(time.CLOCK_MONOTONIC_RAW) - int(found[2]) / 1e6
    return time.time() - max(0.0, age), found[3].decode(errors="replace")
