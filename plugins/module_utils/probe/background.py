# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work that goes on after the module has returned, in a process of its own that leaves no file."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
import time
from collections.abc import Callable, Iterable
from pathlib import Path

# As /proc/PID/comm shows it: at most 15 characters.
NAME = "distrain-listen"
PR_SET_NAME = 15
NUMBER = struct.Struct("i")
END_SECONDS = 3.0


def detach(work: Callable[[], None], keep: Iterable[int]) -> int:
    """Run ``work`` in a process without a parent or a terminal that holds only the descriptors ``keep``; its ID."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        grandchild = os.fork()
        if grandchild:
            os.write(writer, NUMBER.pack(grandchild))
            os._exit(0)
        _become_background(work, frozenset(keep))
    os.waitpid(child, 0)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123 (a descriptor, no path)
        return int(NUMBER.unpack(pipe.read(NUMBER.size))[0])


def end(pid: int) -> bool:
    """End a process that was detached here; whether there was one. Another program under that ID is left alone."""
    if not is_ours(pid):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + END_SECONDS
    while is_ours(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return True


def is_ours(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == NAME
    except OSError:
        return False


def _become_background(work: Callable[[], None], keep: frozenset[int]) -> None:
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.chdir("/")
        _keep_only(keep)
        ctypes.CDLL(None).prctl(PR_SET_NAME, NAME.encode(), 0, 0, 0)
        work()
    finally:
        os._exit(0)


def _keep_only(keep: frozenset[int]) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208 (numbers, no paths)
        if descriptor > 2 and descriptor not in keep:
            with contextlib.suppress(OSError):
                os.close(descriptor)
