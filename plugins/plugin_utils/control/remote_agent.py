# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One agent on a host, as the controller has it: started over SSH, given commands, and read from."""

from __future__ import annotations

import contextlib
import errno
import json
import queue
import resource
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError

from .bundle import start_command
from .ssh import SshTarget, ssh_command

_GRACE_SECONDS = 10.0
# An agent that receives nothing for several times as long ends by itself.
KEEPALIVE_SECONDS = 10.0
# Its input, its output and its standard error.
_FILES_OF_AN_AGENT = 3


class RemoteAgent:
    """One agent, on the host that it runs on. It ends with its input, so it ends with this process too."""

    def __init__(
        self, target: SshTarget, events: queue.SimpleQueue[tuple[str, dict[str, Any]]], module: str, program: bytes
    ) -> None:
        self.host = target.host_name
        self._events = events
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stderr, self._process = _start(target.host_name, ssh_command(target, start_command(module)))
        self._outgoing.put(program)
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, command: Mapping[str, Any]) -> None:
        self.send_line(encoded(command))

    def send_line(self, line: bytes) -> None:
        """A command as C(encoded) gives it: what is the same for many hosts is in memory once."""
        self._outgoing.put(line)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def keep_alive(self) -> None:
        self._outgoing.put(b"\n")

    def close(self) -> None:
        """Let it end: it forgets what it was doing, and leaves nothing behind."""
        self._outgoing.put(None)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stderr.close()

    def _write(self) -> None:
        """A pipe takes less than the program until the host is reached: the other hosts need not wait for that."""
        stdin = cast(IO[bytes], self._process.stdin)
        # Where it has ended, its end comes as an event.
        with contextlib.suppress(OSError, ValueError), stdin:
            while (data := self._outgoing.get()) is not None:
                stdin.write(data)
                stdin.flush()

    def _read(self) -> None:
        for line in cast(IO[bytes], self._process.stdout):
            try:
                self._events.put((self.host, json.loads(line)))
            except ValueError:
                continue
        code = self._process.wait()
        with contextlib.suppress(OSError, ValueError):
            self._stderr.seek(0)
            said = self._stderr.read().decode(errors="replace").strip().splitlines()
            last = said[-1] if said else ""
            self._events.put((self.host, {"event": "ended", "code": code, "said": last}))


def encoded(command: Mapping[str, Any]) -> bytes:
    return json.dumps(command).encode() + b"\n"


def _start(host: str, command: Sequence[str]) -> tuple[IO[bytes], subprocess.Popen[bytes]]:
    """A file for what the program says on stderr, and the program; raises ClusterError where it cannot be started."""
    with contextlib.ExitStack() as stack:
        try:
            words = stack.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words)
        except OSError as error:
            raise ClusterError(_why_not_started(host, command[0], error)) from error
        stack.pop_all()
        return words, process


def _why_not_started(host: str, program: str, error: OSError) -> str:
    if error.errno in (errno.EMFILE, errno.ENFILE):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return (
            f"{host} cannot be reached: the controller has too many open files (at most {limit} for one process). "
            f"Each host takes {_FILES_OF_AN_AGENT}. Raise the limit with ulimit -n before you start Ansible."
        )
    if error.errno in (errno.ENOENT, errno.EACCES):
        return (
            f"{host} cannot be reached: the controller has no program {program} ({error.strerror}). Install the "
            "OpenSSH client there, or set ansible_ssh_executable to its path."
        )
    return f"{host} cannot be reached: {program} could not be started on the controller: {error.strerror or error}."


def why_ended(host: str, code: int, said: str) -> str:
    """ssh exits 255 for what went wrong on its own side, and says what; and for a program that was killed."""
    if code == 255:
        why = "the SSH connection failed" if said else "it was killed, or the SSH connection was lost"
    else:
        why = f"exit code {code}"
    return f"The agent on host {host} has ended ({why}){f': {said}' if said else ''}".rstrip(".") + "."
