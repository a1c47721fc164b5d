# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service of a host that trains: it listens for the keepers of the host's jobs, and runs those that are kept here.

daemon                      the service
keep TRAINER JOB            the keeper of one job, which the service starts
job TRAINER JOB             the agent of one job, which the service starts for a keeper that has connected
tree TRAINER JOB            the agent that relays checkpoints of the job
copy TRAINER JOB            the agent that writes down what the keeper of the job has written on another manager
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ..base.errors import ClusterError
from .agent import serve_job, serve_tree
from .copy_agent import serve_copy
from .fence import Fence
from .listener import COPY, JOB, TREE, Listener
from .place import BASE, Place, places, read_json
from .succession import keep_job

DAEMON, KEEP = "daemon", "keep"
_LOOK_SECONDS = 1.0
# A keeper that has ended with an error is started again after so long.
_AGAIN_SECONDS = 5.0

Endpoint = tuple[str, int]
CommandOf = Callable[[str, Place], Sequence[str]]


@dataclass
class Kept:
    """The process of a keeper, and the version of C(keep.json) that it was started for."""

    process: subprocess.Popen[bytes]
    version: int
    ended_at: float = 0.0


class Daemon:
    """Compares, once a second, what runs with what lies in the places of the host's jobs."""

    def __init__(self, command_of: CommandOf, base: str = BASE) -> None:
        self._command_of = command_of
        self._base = base
        # One for all: the address of a host may change between two keepers of a job.
        self._fence = Fence()
        self._listeners: dict[Endpoint, Listener] = {}
        self._refused: dict[Endpoint, str] = {}
        self._keepers: dict[tuple[str, str], Kept] = {}

    def look(self) -> None:
        """Listen where a job needs it and nowhere else, and run the keepers that are missing."""
        known = list(places(self._base))
        self._listen(known)
        for place in known:
            self._keep(place)
        for name in set(self._keepers) - {(place.trainer, place.job) for place in known}:
            _end(self._keepers.pop(name).process)

    def close(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        for kept in self._keepers.values():
            _end(kept.process)

    def _listen(self, known: Sequence[Place]) -> None:
        wanted = {endpoint for place in known if not place.released.exists() for endpoint in _endpoint_of(place)}
        for endpoint in set(self._listeners) - wanted:
            self._listeners.pop(endpoint).close()
        for endpoint in wanted - set(self._listeners):
            try:
                self._listeners[endpoint] = Listener(*endpoint, self._command_of, self._base, self._fence)
                self._refused.pop(endpoint, None)
            except OSError as error:
                self._say_once(endpoint, f"Nothing can listen on {endpoint[0]} port {endpoint[1]}: {error.strerror}")

    def _say_once(self, endpoint: Endpoint, text: str) -> None:
        if self._refused.get(endpoint) != text:
            self._refused[endpoint] = text
            _say(text)

    def _keep(self, place: Place) -> None:
        version, name = _version(place.keep), (place.trainer, place.job)
        if not version:
            return
        kept = self._keepers.get(name)
        if kept is None:
            self._keepers[name] = self._start(place, version)
            return
        code = kept.process.poll()
        if code is None:
            if version != kept.version:
                # What is kept has changed: the next keeper reads it.
                _end(kept.process)
                self._keepers[name] = self._start(place, version)
            return
        kept.ended_at = kept.ended_at or time.monotonic()
        is_over = code == 0 and version == kept.version
        if not is_over and time.monotonic() - kept.ended_at >= (_AGAIN_SECONDS if code else 0.0):
            self._keepers[name] = self._start(place, version)

    def _start(self, place: Place, version: int) -> Kept:
        return Kept(subprocess.Popen(list(self._command_of(KEEP, place)), stdin=subprocess.DEVNULL), version)


def _endpoint_of(place: Place) -> list[Endpoint]:
    """Return where this host listens for the job's keeper; nothing where its file is damaged."""
    try:
        host = read_json(place.host)
        return [(str(host["address"]), int(host["port"]))]
    except (ClusterError, LookupError, ValueError, TypeError):
        return []


def _version(path: Path) -> int:
    """Return a number that changes with the file, 0 where there is none."""
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a keeper. Its job does not depend on it."""
    process.kill()
    process.wait()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def own_command(program: str, place: Place) -> list[str]:
    """Return the command that runs a program of this very file."""
    return [sys.executable, "-I", "-X", "utf8", sys.argv[0], program, place.trainer, place.job]


def run_daemon() -> None:
    """Serve until SIGTERM."""
    os.umask(0o077)
    daemon = Daemon(own_command)

    def end(_number: int, _frame: FrameType | None) -> None:
        daemon.close()
        # No module: this is a program of its own.
        sys.exit(0)  # pylint: disable=ansible-bad-function

    signal.signal(signal.SIGTERM, end)
    while True:
        daemon.look()
        time.sleep(_LOOK_SECONDS)


def keep(place: Place) -> None:
    os.umask(0o077)
    keep_job(place)


PROGRAMS: Mapping[str, Callable[[Place], None]] = {KEEP: keep, JOB: serve_job, TREE: serve_tree, COPY: serve_copy}


def main() -> None:
    program, *names = sys.argv[1:]
    if program == DAEMON:
        run_daemon()
    else:
        PROGRAMS[program](Place(*names))
