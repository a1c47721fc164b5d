# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verbs over the Docker Engine API by its socket, for programs that run from memory or from a unit.

Nothing is decided here. Every wait has an end: a write that transfers nothing, and an answer that does not come.
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
from .client import LARGEST_ANSWER, CallError, EngineClient, EngineConnection, raise_for_status
from .stream import loaded, messages_in

DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock"
# An engine that unpacks may stop reading for as long as its disk is busy.
STALL_SECONDS = 300.0
# The classic store writes the whole image to its disk before the first byte of an archive comes, and unpacks a layer
# before it answers. Nothing that works is slower than these.
SLOWEST_BYTES_PER_SECOND = 2 * 10**6


def longest_wait(size: int) -> float:
    """Return how many seconds the engine may take over this many bytes."""
    return STALL_SECONDS + size / SLOWEST_BYTES_PER_SECOND


class EngineSocket:
    """One Docker engine at its socket."""

    def __init__(self, docker_host: str = DEFAULT_DOCKER_HOST, timeout: float = 60) -> None:
        if not docker_host.startswith("unix://"):
            raise ClusterError(f"{docker_host} is no socket of this host. Give the option docker_host as unix:///PATH.")
        self._client = EngineClient(docker_host[len("unix://") :], timeout)

    def info(self) -> dict[str, Any]:
        return self._call("GET", "/info")

    def image(self, name: str) -> dict[str, Any] | None:
        return self._call_or_none("GET", f"/images/{_quoted(name)}/json")

    def container(self, name: str) -> dict[str, Any] | None:
        return self._call_or_none("GET", f"/containers/{_quoted(name)}/json")

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
        """The steps that made the image, the newest first; C(Size) is what a step's layer holds in files.

        Empty for an image whose config has none.
        """
        return self._call("GET", f"/images/{_quoted(name)}/history") or []

    def tag(self, source: str, name: str) -> None:
        repository, separator, tag = name.rpartition(":")
        target = f"repo={quote(repository if separator else name)}&tag={quote(tag if separator else 'latest')}"
        self._call("POST", f"/images/{_quoted(source)}/tag?{target}")

    def remove(self, name: str) -> None:
        """Remove the name, and the image with its last one; a name that does not exist is no error."""
        self._call_or_none("DELETE", f"/images/{_quoted(name)}")

    @contextmanager
    def save(self, name: str, size: int) -> Iterator[IO[bytes]]:
        """The archive of an image of about ``size`` bytes, as a stream that need not be read to its end."""
        connection = EngineConnection(self._client.path, longest_wait(size))
        try:
            with self._translated(f"saving {name}"):
                connection.request("GET", f"/images/{_quoted(name)}/get")
                response = connection.getresponse()
                raise_for_status(response)
            yield cast(IO[bytes], response)
        finally:
            connection.close()

    def load(self, size: int) -> LoadRequest:
        """Begin to load an archive of about ``size`` bytes, that is written bit by bit."""
        connection = EngineConnection(self._client.path, STALL_SECONDS)
        try:
            with self._translated("beginning a load"):
                connection.putrequest("POST", "/images/load?quiet=1")
                connection.putheader("Content-Type", "application/x-tar")
                connection.putheader("Transfer-Encoding", "chunked")
                connection.endheaders()
        except ClusterError:
            connection.close()
            raise
        return LoadRequest(connection, longest_wait(size))

    def _call(self, method: str, url: str) -> Any:
        with self._translated(f"{method} {url}"):
            return self._client.call(method, url)

    def _call_or_none(self, method: str, url: str) -> Any:
        """Return None where the engine does not know what the URL names."""
        try:
            return self._call(method, url)
        except EngineError as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise

    @contextmanager
    def _translated(self, call: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, ConnectionRefusedError, PermissionError) as error:
            raise EngineUnavailable(
                f"No Docker engine answers at {self._client.path}: {error.strerror}. Is it installed and running?"
            ) from error
        except CallError as error:
            if error.status is None:
                raise _unfinished(call, error) from error
            raise EngineError(str(error), status=error.status) from error
        except (OSError, http.client.HTTPException) as error:
            raise _unfinished(call, error) from error


class LoadRequest:
    """An archive on its way into the engine. Either C(end) and C(answer), or C(abort)."""

    def __init__(self, connection: EngineConnection, answer_seconds: float) -> None:
        self._connection = connection
        self._answer_seconds = answer_seconds

    def write(self, chunk: bytes | memoryview) -> None:
        """Send a piece of the archive; raise EngineError with the engine's message where it takes no more."""
        if not len(chunk):
            return
        self._send(b"%x\r\n" % len(chunk), chunk, b"\r\n")

    def end(self) -> None:
        """End the archive: it is complete, and the engine may act on it."""
        self._send(b"0\r\n\r\n")

    def has_answered(self) -> bool:
        """Return whether the engine has answered or closed the connection; before C(end) that is a failure."""
        return bool(select.select([self._connection.sock], [], [], 0)[0])

    def answer(self) -> list[str]:
        """Wait for the engine's answer and return its lines; raise EngineError where the load failed."""
        try:
            self._connection.sock.settimeout(self._answer_seconds)
            response = self._connection.getresponse()
            raise_for_status(response)
            return loaded(messages_in(response.read(LARGEST_ANSWER)))
        except CallError as error:
            raise EngineError(f"The engine could not load the archive: {error}", status=error.status) from error
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(f"The engine gave no answer to the archive: {error or type(error)}") from error
        finally:
            self._connection.close()

    def abort(self) -> None:
        """Close the connection: the engine sees a truncated archive, and keeps nothing of it."""
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


def _unfinished(call: str, error: Exception) -> EngineError:
    return EngineError(f"The call to the engine did not come to its end ({call}): {error}")
