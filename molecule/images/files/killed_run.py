# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a delivery and kill all of it on this machine in its middle, as if the controller had lost its power."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

AGENTS = 3
# From when all agents have been started; the slow interfaces need twice as long for the image.
SECONDS = 3.0
DEADLINE = time.monotonic() + 60


def descendants(process: int) -> dict[int, str]:
    """The processes that one has started, and those that they have, with their command lines."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found: dict[int, str] = {}
    new = {process}
    while new:
        new = {child for child, parent in parents.items() if parent in new and child not in found}
        found |= {child: command_of(child) for child in new}
    return found


def command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def main() -> None:
    run = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    while sum("distrain-relay" in command for command in descendants(run.pid).values()) < AGENTS:
        if run.poll() is not None or time.monotonic() > DEADLINE:
            sys.exit("The agents were not started.")
        time.sleep(0.05)
    time.sleep(SECONDS)
    if run.poll() is not None:
        sys.exit("The delivery had ended already.")
    for process in (run.pid, *descendants(run.pid)):
        os.kill(process, signal.SIGKILL)
    run.wait()


main()
