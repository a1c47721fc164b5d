# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agents of one run, as the controller has them: started over SSH, told what to do, and listened to."""

from __future__ import annotations

import contextlib
import errno
import json
import queue
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, cast

from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.relay_agent import KINDS
from ansible_collections.distrain.cluster.plugins.plugin_utils.relay_bundle import bundle, start_command
from ansible_collections.distrain.cluster.plugins.plugin_utils.ssh_command import Reach, ssh_command

# The module whose program the agents of a relay run.
RELAY = "relay_agent"
_GRACE_SECONDS = 10.0
# An agent that has not answered a question within this time has an engine that does not answer.
ANSWER_SECONDS = 300.0
# An agent that hears nothing for several times as long ends by itself.
LIFE_SIGN_SECONDS = 10.0
# Its input, its output and what it says beside.
_FILES_OF_AN_AGENT = 3


class RemoteAgent:
    """One agent, on the host that it runs on. It ends with its input, so it ends with this process too."""

    def __init__(
        self, reach: Reach, events: queue.SimpleQueue[tuple[str, dict[str, Any]]], module: str, program: bytes
    ) -> None:
        self.host = reach.host_name
        self._events = events
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._words, self._process = _start(reach.host_name, ssh_command(reach, start_command(module)))
        self._outgoing.put(program)
        threading.Thread(target=self._speak, daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, command: Mapping[str, Any]) -> None:
        self.send(encoded(command))

    def send(self, line: bytes) -> None:
        """A command as C(encoded) gives it: what is the same for many hosts is in memory once."""
        self._outgoing.put(line)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def show_life(self) -> None:
        self._outgoing.put(b"\n")

    def close(self) -> None:
        """Let it end: it forgets what it was doing, and leaves nothing behind."""
        self._outgoing.put(None)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._words.close()

    def _speak(self) -> None:
        """A pipe takes less than the program until the host is reached: the other hosts need not wait for that."""
        stdin = cast(IO[bytes], self._process.stdin)
        # Where it has ended, its end comes as an event.
        with contextlib.suppress(OSError, ValueError), stdin:
            while (data := self._outgoing.get()) is not None:
                stdin.write(data)
                stdin.flush()

    def _listen(self) -> None:
        for line in cast(IO[bytes], self._process.stdout):
            try:
                self._events.put((self.host, json.loads(line)))
            except ValueError:
                continue
        code = self._process.wait()
        with contextlib.suppress(OSError, ValueError):
            self._words.seek(0)
            said = self._words.read().decode(errors="replace").strip().splitlines()
            last = said[-1] if said else ""
            self._events.put((self.host, {"event": "ended", "code": code, "said": last}))


class Fleet:
    """All agents of a run. A host that fails leaves the fleet, with what it said, and the others go on."""

    def __init__(self, reaches: Iterable[Reach], kind: str) -> None:
        """``kind`` is what is relayed. Each host is reached while it is still found out how the next one is."""
        self.failed: dict[str, ClusterError] = {}
        self._events: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        program = bundle(RELAY, KINDS[kind][0])
        self._agents: dict[str, RemoteAgent] = {}
        for reach in reaches:
            try:
                self._agents[reach.host_name] = RemoteAgent(reach, self._events, RELAY, program)
            except ClusterError as error:
                self.failed[reach.host_name] = error
        self._is_over = threading.Event()
        threading.Thread(target=self._say_that_we_live, daemon=True).start()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: Any) -> None:
        """End all agents at the same time, and wait for them."""
        self._is_over.set()
        closing = [threading.Thread(target=agent.close) for agent in self._agents.values()]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    @property
    def hosts(self) -> list[str]:
        return [host for host in self._agents if host not in self.failed]

    def tell(self, host: str, command: Mapping[str, Any]) -> None:
        self._agents[host].tell(command)

    def ask(self, commands: Mapping[str, Mapping[str, Any]], answer: str) -> dict[str, dict[str, Any]]:
        """Give each of the hosts its command, and return the answer (an event of this name) of each that has one."""
        lines: dict[int, bytes] = {}
        for host, command in commands.items():
            line = lines.get(id(command)) or encoded(command)
            self._agents[host].send(lines.setdefault(id(command), line))
        del lines
        answers: dict[str, dict[str, Any]] = {}
        until = time.monotonic() + ANSWER_SECONDS
        while waiting := [host for host in commands if host not in answers and host not in self.failed]:
            event = self.next_event(max(until - time.monotonic(), 0.0))
            if event is None:
                for host in waiting:
                    self._give_up(host, f"Host {host} did not answer within {ANSWER_SECONDS:.0f} s.")
            elif event[1]["event"] == answer:
                answers[event[0]] = event[1]
            elif event[1]["event"] == "busy":
                until = time.monotonic() + ANSWER_SECONDS
        return answers

    def next_event(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        """The next thing that any host says; None where none says anything. A failure is noted in C(failed) as well."""
        try:
            host, event = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        if event["event"] == "failed":
            self._give_up(host, event["msg"], event.get("details") or {})
        elif event["event"] == "ended":
            self._give_up(host, _why_ended(host, event["code"], event["said"]))
        return host, event

    def _say_that_we_live(self) -> None:
        while not self._is_over.wait(LIFE_SIGN_SECONDS):
            for host in self.hosts:
                self._agents[host].show_life()

    def _give_up(self, host: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        self.failed.setdefault(host, ClusterError(message, **(details or {})))


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


def _why_ended(host: str, code: int, said: str) -> str:
    """ssh exits 255 for what went wrong on its own side, and says what; and for a program that was killed."""
    if code == 255:
        why = "the SSH connection failed" if said else "it was killed, or the SSH connection was lost"
    else:
        why = f"exit code {code}"
    return f"The agent on host {host} has ended ({why}){f': {said}' if said else ''}".rstrip(".") + "."
