# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carrying an image between the engines of two hosts.

Everything about how the bytes travel is in here, behind C(carry); what is to be carried is decided elsewhere.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import IO, Any, NoReturn, Protocol, cast

from ansible_collections.distrain.cluster.plugins.module_utils.byte_count import in_words
from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.image_archive import BadArchive
from ansible_collections.distrain.cluster.plugins.module_utils.load_answer import complaint_in
from ansible_collections.distrain.cluster.plugins.plugin_utils.archive_copy import CountingWriter, copy_archive
from ansible_collections.distrain.cluster.plugins.plugin_utils.ssh_command import Reach, ssh_command
from ansible_collections.distrain.cluster.plugins.plugin_utils.transfer_progress import Progress

_SHORT_COMMAND_TIMEOUT = 300
_GRACE = 10
_WORTH_A_WORD = 10**9


@dataclass(frozen=True)
class Sent:
    """What a transfer came to."""

    bytes_sent: int
    layers_sent: int
    seconds: float


class ImageCarrier(Protocol):
    """Brings an image from one engine into another."""

    def carry(self, name: str, left_out: Collection[str], size: int) -> Sent:
        """Bring it without the layers of these diff IDs; about ``size`` bytes. Raise ClusterError where it fails."""


@dataclass(frozen=True)
class RemoteEngine:
    """The engine of a host, by the docker command there."""

    reach: Reach
    docker_host: str

    @property
    def host_name(self) -> str:
        return self.reach.host_name

    def command(self, arguments: Sequence[str]) -> list[str]:
        return ssh_command(self.reach, ["docker", "--host", self.docker_host, *arguments])

    def run(self, arguments: Sequence[str]) -> str:
        """Run a docker command that takes a moment, and return what it said; raise ClusterError where it fails."""
        told = f"docker {' '.join(arguments)} on {self.host_name}"
        try:
            ended = subprocess.run(
                self.command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_SHORT_COMMAND_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ClusterError(f"{told} did not end within {_SHORT_COMMAND_TIMEOUT} s.") from error
        if ended.returncode != 0:
            raise ClusterError(f"{told} failed (exit code {ended.returncode}): {_last_words(ended.stdout)}")
        return ended.stdout.decode(errors="replace").strip()

    def restore_name(self, name: str, image_id: str | None) -> None:
        """Let the name mean this image again, or nothing.

        The name itself is asked for: the containerd store does not list an image that lacks a layer, yet has it.
        """
        if image_id:
            self.run(["image", "tag", image_id, name])
        elif self._has_name(name):
            self.run(["image", "rm", name])

    def _has_name(self, name: str) -> bool:
        try:
            self.run(["image", "inspect", "--format", "{{.Id}}", name])
        except ClusterError:
            return False
        return True


class RelayThroughController:
    """docker save on one host, docker load on the other, and the archive through this machine in between."""

    def __init__(self, source: RemoteEngine, target: RemoteEngine, show: Callable[[str], None]) -> None:
        self._source = source
        self._target = target
        self._show = show

    def carry(self, name: str, left_out: Collection[str], size: int) -> Sent:
        started = time.monotonic()
        progress = Progress(self._target.host_name, size, self._show)
        if size >= _WORTH_A_WORD:
            self._show(f"{self._target.host_name}: about {in_words(size)} to come, {self._source.host_name} is saving")
        with (
            _Command(f"docker save on {self._source.host_name}", self._source.command(["save", name])) as save,
            _Command(f"docker load on {self._target.host_name}", self._target.command(["load"]), feeds=True) as load,
        ):
            layers_sent = self._copy(save, load, left_out, progress)
            if time.monotonic() - started >= _GRACE:
                progress.show_line("; the engine is loading")
            load.finish()
        complaint = complaint_in(load.said().splitlines())
        if complaint:
            raise ClusterError(f"docker load on {self._target.host_name} failed: {complaint}")
        return Sent(progress.done, layers_sent, round(time.monotonic() - started, 1))

    def _copy(self, save: _Command, load: _Command, left_out: Collection[str], progress: Progress) -> int:
        try:
            return copy_archive(save.output, CountingWriter(load.input, progress.add), left_out, save.finish)
        except OSError as error:
            load.fail(f"it took no more of the archive ({error.strerror})")
        except BadArchive as error:
            if load.has_failed():
                load.fail("it ended early")
            save.fail(error.message)


class _Command:
    """A command that runs beside this process, and never outlives its C(with) block."""

    def __init__(self, told: str, command: Sequence[str], feeds: bool = False) -> None:
        self._told = told
        self._command = list(command)
        self._feeds = feeds

    def __enter__(self) -> _Command:
        self._words: IO[bytes] = tempfile.TemporaryFile()
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE if self._feeds else subprocess.DEVNULL,
            stdout=self._words if self._feeds else subprocess.PIPE,
            stderr=self._words,
        )
        return self

    def __exit__(self, *_: Any) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            _close(stream)

    @property
    def input(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    @property
    def output(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdout)

    def finish(self) -> None:
        """Close what is fed to it, wait for its end, and raise where that is a failure."""
        _close(self._process.stdin)
        if self._process.wait() != 0:
            self.fail("it failed")

    def has_failed(self) -> bool:
        return self._process.poll() not in (None, 0)

    def fail(self, otherwise: str) -> NoReturn:
        """Raise with what the command said; where it said nothing, with ``otherwise``."""
        try:
            code = f"exit code {self._process.wait(_GRACE)}"
            # 255 is ssh's own; docker never ends so.
            code = "the SSH connection failed" if code.endswith(" 255") else code
        except subprocess.TimeoutExpired:
            code = "still running"
        raise ClusterError(f"{self._told} failed ({code}): {_last_words(self.said().encode()) or otherwise}.")

    def said(self) -> str:
        self._words.seek(0)
        return self._words.read().decode(errors="replace")


def _last_words(output: bytes) -> str:
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return " ".join(lines[-5:]).rstrip(".")


def _close(stream: IO[bytes] | None) -> None:
    if stream is None:
        return
    try:
        stream.close()
    except OSError:
        return
