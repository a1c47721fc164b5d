# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One agent on a host: started over SSH, with commands to its stdin and events from its stdout."""

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

from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import Events, encoded
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError

from .become import opening
from .bundle import start_command
from .ssh import SshTarget, ssh_command

_GRACE_SECONDS = 10.0
# What the become programs say where a password is missing or wrong, in small letters.
_REFUSALS = {
    "sudo": ("password is required", "incorrect password", "no password was provided", "not in the sudoers"),
    "su": ("authentication failure", "permission denied"),
    "doas": ("authentication", "operation not permitted"),
}
# stdin, stdout and stderr.
_FILES_OF_AN_AGENT = 3


class RemoteAgent:
    """An agent on a host. It ends with its stdin, and so with this process."""

    def __init__(self, target: SshTarget, events: Events, module: str, program: bytes) -> None:
        self.host = target.host_name
        self._target = target
        self._events = events
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stderr, self._process = _start(target.host_name, ssh_command(target, start_command(module)))
        self._outgoing.put(opening(target.become) + program)
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, command: Mapping[str, Any]) -> None:
        """Send a command, without waiting."""
        self.send_line(encoded(command))

    def send_line(self, line: bytes) -> None:
        """Send a line of C(encoded), which agents can share to save memory."""
        self._outgoing.put(line)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def keep_alive(self) -> None:
        """Send a keepalive, which is an empty line."""
        self._outgoing.put(b"\n")

    def close(self) -> None:
        """End the agent and wait for it; kill it where it does not end within ten seconds."""
        self._outgoing.put(None)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stderr.close()

    def _write(self) -> None:
        """Write what is queued, in a thread of its own: the pipe is full until the host is connected."""
        stdin = cast(IO[bytes], self._process.stdin)
        # The end of the process is reported by the reader.
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
            lines = self._stderr.read().decode(errors="replace").strip().splitlines()
            last = lines[-1] if lines else ""
            self._events.put((self.host, {"event": "ended", "code": code, "stderr": explained(self._target, last)}))


def explained(target: SshTarget, said: str) -> str:
    """Return what ssh or the become program said last, with the variable to set where it refuses a password."""
    lower = said.lower()
    if target.has_password and "permission denied" in lower:
        return (
            f"{said.rstrip('.')}. ansible_password is set for {target.host_name}, and what this collection sends "
            "itself goes by ssh with a key only: set ansible_ssh_private_key_file for it."
        )
    if target.become and any(words in lower for words in _REFUSALS[target.become.method]):
        remedy = "set ansible_become_password for it, or run with --ask-become-pass"
        if target.become.password:
            remedy = "correct ansible_become_password, and what the host allows its user"
        return (
            f"{said.rstrip('.')}. {target.host_name} does not let its user become {target.become.user} by "
            f"{target.become.method}: {remedy}."
        )
    return said


def _start(host: str, command: Sequence[str]) -> tuple[IO[bytes], subprocess.Popen[bytes]]:
    """Return a file that receives stderr, and the process; raise ClusterError where it cannot be started."""
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
