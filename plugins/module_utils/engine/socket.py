# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's verbs by its socket and the standard library alone, for programs that run beside the engine.

Nothing is decided here. Every wait has an end: a write that moves nothing, and an answer that does not come.
"""

from __future__ import annotations

import http.client
import json
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast
from urllib.parse import quote

from ..base.errors import ClusterError, EngineError, EngineUnavailable
from .connection import SocketConnection
from .load_stream import read_answer

DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock"
# An engine that unpacks may stop reading for as long as its disk is busy.
STALL_SECONDS = 300.0
# The classic store writes the whole image to its disk before the first byte of an archive comes, and unpacks a layer
# before it answers. Nothing that works is slower than these.
SLOWEST_BYTES_PER_SECOND = 2 * 10**6
_LARGEST_ANSWER = 16 * 1024**2
_FAILURES = (OSError, http.client.HTTPException, ValueError)


def patience(size: int) -> float:
    """How many seconds the engine may take over this many bytes."""
    return STALL_SECONDS + size / SLOWEST_BYTES_PER_SECOND


class EngineSocket:
    """One Docker engine at its socket."""

    def __init__(self, docker_host: str = DEFAULT_DOCKER_HOST, timeout: float = 60) -> None:
        if not docker_host.startswith("unix://"):
            raise ClusterError(f"{docker_host} is no socket of this host. Give the option docker_host as unix:///PATH.")
        self._path = docker_host[len("unix://") :]
        self._timeout = timeout

    def info(self) -> dict[str, Any]:
        return self._call("GET", "/info")

    def image(self, name: str) -> dict[str, Any] | None:
        try:
            return self._call("GET", f"/images/{_quoted(name)}/json")
        except EngineError as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise

    def container(self, name: str) -> dict[str, Any] | None:
        try:
            return self._call("GET", f"/containers/{_quoted(name)}/json")
        except EngineError as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise

    def image_ids(self) -> list[str]:
        return [image["Id"] for image in self._call("GET", "/images/json")]

    def image_names(self) -> list[str]:
        """Every name that the engine lists; an image that lacks content has none in some versions."""
        return sorted({name for image in self._call("GET", "/images/json") for name in image.get("RepoTags") or ()})

    def lists_whole(self, name: str) -> bool:
        """Whether the engine lists the image of this name and misses none of its content.

        Older engines list no image that lacks a blob; newer ones do, and say so of each of its manifests.
        """
        wanted = quote(json.dumps({"reference": [name]}))
        for image in self._call("GET", f"/images/json?manifests=1&filters={wanted}"):
            if name not in (image.get("RepoTags") or ()):
                continue
            manifests = [one for one in image.get("Manifests") or () if one.get("Kind") == "image"]
            return all(one.get("Available") for one in manifests)
        return False

    def history(self, name: str) -> list[dict[str, Any]]:
        """The steps that made the image, the newest first; C(Size) is what a step's layer holds in files."""
        return self._call("GET", f"/images/{_quoted(name)}/history")

    def tag(self, source: str, name: str) -> None:
        repository, separator, tag = name.rpartition(":")
        target = f"repo={quote(repository if separator else name)}&tag={quote(tag if separator else 'latest')}"
        self._call("POST", f"/images/{_quoted(source)}/tag?{target}")

    def remove(self, name: str) -> None:
        """Take the name away, and the image with its last one; a name that is not there is no error."""
        try:
            self._call("DELETE", f"/images/{_quoted(name)}")
        except EngineError as error:
            if error.status != http.client.NOT_FOUND:
                raise

    @contextmanager
    def save(self, name: str, size: int) -> Iterator[IO[bytes]]:
        """The archive of an image of about ``size`` bytes, as a stream that need not be read to its end."""
        connection = SocketConnection(self._path, patience(size))
        try:
            with self._translated(f"saving {name}"):
                connection.request("GET", f"/images/{_quoted(name)}/get")
                response = connection.getresponse()
                if response.status != http.client.OK:
                    raise EngineError(_message_of(response), status=response.status)
            yield cast(IO[bytes], response)
        finally:
            connection.close()

    def load(self, size: int) -> LoadRequest:
        """Begin to load an archive of about ``size`` bytes, that is written bit by bit."""
        connection = SocketConnection(self._path, STALL_SECONDS)
        try:
            with self._translated("beginning a load"):
                connection.putrequest("POST", "/images/load?quiet=1")
                connection.putheader("Content-Type", "application/x-tar")
                connection.putheader("Transfer-Encoding", "chunked")
                connection.endheaders()
        except ClusterError:
            connection.close()
            raise
        return LoadRequest(connection, patience(size))

    def _call(self, method: str, url: str) -> Any:
        connection = SocketConnection(self._path, self._timeout)
        try:
            with self._translated(f"{method} {url}"):
                connection.request(method, url)
                response = connection.getresponse()
                if response.status >= http.client.BAD_REQUEST:
                    raise EngineError(_message_of(response), status=response.status)
                body = response.read()
                return json.loads(body) if body.strip() else None
        finally:
            connection.close()

    @contextmanager
    def _translated(self, told: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, ConnectionRefusedError, PermissionError) as error:
            raise EngineUnavailable(
                f"No Docker engine answers at {self._path}: {error.strerror}. Is it installed and running?"
            ) from error
        except _FAILURES as error:
            raise EngineError(f"The call to the engine did not come to its end ({told}): {error}") from error


class LoadRequest:
    """An archive on its way into the engine. Either C(end) and C(answer), or C(abort)."""

    def __init__(self, connection: SocketConnection, answer_seconds: float) -> None:
        self._connection = connection
        self._answer_seconds = answer_seconds

    def write(self, chunk: bytes | memoryview) -> None:
        """Hand on a piece of the archive; raise with the engine's own words where it takes no more."""
        if not len(chunk):
            return
        self._send(b"%x\r\n" % len(chunk), chunk, b"\r\n")

    def end(self) -> None:
        """The archive is whole: the engine may act on it."""
        self._send(b"0\r\n\r\n")

    def has_answered(self) -> bool:
        """Whether the engine has said something, or has gone; before C(end) that is a failure."""
        return bool(select.select([self._connection.sock], [], [], 0)[0])

    def answer(self) -> list[str]:
        """Wait for what the engine says, and raise EngineError where that is no success."""
        try:
            self._connection.sock.settimeout(self._answer_seconds)
            response = self._connection.getresponse()
            if response.status != http.client.OK:
                raise EngineError(
                    f"The engine could not load the archive: {_message_of(response)}", status=response.status
                )
            return read_answer(response.read(_LARGEST_ANSWER))
        except _FAILURES as error:
            raise EngineError(f"The engine did not say what came of the archive: {error or type(error)}") from error
        finally:
            self._connection.close()

    def abort(self) -> None:
        """Break off: the engine sees an archive that is cut, and keeps nothing of it."""
        self._connection.close()

    def _send(self, *parts: bytes | memoryview) -> None:
        try:
            for part in parts:
                self._connection.send(part)
        except OSError as error:
            if isinstance(error, (BrokenPipeError, ConnectionResetError)):
                self.answer()
            self.abort()
            raise EngineError(f"The engine took no more of the archive: {error}") from error


def _quoted(name: str) -> str:
    return quote(name, safe="/:")


def _message_of(response: http.client.HTTPResponse) -> str:
    body = response.read(_LARGEST_ANSWER)
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip() or f"HTTP status {response.status}"
