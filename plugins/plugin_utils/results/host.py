# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Receive the log and the results of one host into the controller's directory."""

from __future__ import annotations

import base64
import functools
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.results.outputs import READ_BYTES
from ansible_collections.distrain.cluster.plugins.module_utils.tree.entries import shown

from .store import ResultsStore, StoredFile

# A log may contain secrets.
_MODES = {"log": 0o600, "result": 0o644, "gathered": 0o644}
_LEFT_OUT = "[{bytes} bytes of this log were left out here; trainer_launch_logs_bytes=0 fetches the whole log]\n"


class HostOutputs:
    """Receives the files of one host. ``error`` is why the host was given up, or empty."""

    def __init__(self, store: ResultsStore) -> None:
        self.error = ""
        self.is_done = False
        self.total_bytes = 0
        self.received_bytes = 0
        self.written: list[str] = []
        self.gathered = 0
        self.refused: list[Mapping[str, str]] = []
        self.log_size = 0
        self.log_left_out = 0
        self.changed = False
        self._refused_count = 0
        self._store = store
        self._files: Sequence[Mapping[str, Any]] = ()
        self._open: StoredFile | None = None
        self._piece = 0
        self._began = time.monotonic()

    def take_survey(self, found: Mapping[str, Any]) -> list[int]:
        """Create the directories, and return the numbers of the files to fetch."""
        self._began = time.monotonic()
        self._files, self.refused = found["files"], list(found["refused"])
        self._refused_count = found["refused_count"]
        for name in found["directories"]:
            self._writing(functools.partial(self._store.make_directory, name), name)
        for file in self._files:
            if file["kind"] == "log":
                self.log_size = file["size"]
                self.log_left_out = file["size"] - _bytes_of(file)
        wanted = [number for number, file in enumerate(self._files) if not self._has(file)]
        self.total_bytes = sum(_bytes_of(self._files[number]) for number in wanted)
        return [] if self.error else wanted

    def file(self, number: int) -> Mapping[str, Any]:
        return self._files[number]

    def take_data(self, number: int, piece: int, data: str, packed: bool) -> None:
        """Write the next block of a file, as an agent sends it."""
        file = self._files[number]
        block = base64.b64decode(data)
        if packed:
            block = zlib.decompressobj().decompress(block, READ_BYTES)
        self.take_block(file, piece, block)

    def take_block(self, file: Mapping[str, Any], piece: int, block: bytes) -> None:
        """Write the next block of a file, and a note where a piece of a log was left out."""
        if self._open is None:
            self._begin(file)
        if piece > self._piece:
            self._piece = piece
            self._write(file, f"\n{_LEFT_OUT.format(bytes=self.log_left_out)}".encode())
        self._write(file, block)
        self.received_bytes += len(block)

    def take_end(self, number: int, error: str) -> None:
        """Keep the file, or drop it where ``error`` says why it could not be read."""
        file = self._files[number]
        if error:
            self.refused.append({"name": file["name"], "why": error})
            self._refused_count += 1
            self._drop()
            return
        if self._open is None:
            self._begin(file)
        if self._open:
            opened, self._open = self._open, None
            self._writing(lambda: self._keep(opened, file), file["name"])

    def give_up(self, error: str) -> None:
        """Drop the incomplete file, and end with the first error."""
        self.error = self.error or error
        self.is_done = True
        self._drop()

    def figures(self) -> dict[str, Any]:
        """Return the figures for the progress line."""
        seconds = time.monotonic() - self._began
        return {"items": len(self.written) + self.gathered, "bytes": self.received_bytes, "seconds": seconds}

    def report(self) -> dict[str, Any]:
        """Return the host's part of the module's result."""
        return {
            "files": [shown(name) for name in self.written],
            "gathered": self.gathered,
            "log_bytes": self.log_size,
            "log_bytes_left_out": self.log_left_out,
            "refused": [{"name": shown(one["name"]), "why": one["why"]} for one in self.refused],
            "refused_count": self._refused_count,
            "error": self.error,
        }

    def _has(self, file: Mapping[str, Any]) -> bool:
        is_whole = file["size"] == _bytes_of(file) and file["kind"] != "log"
        return is_whole and self._store.has(file["name"], file["size"], file["mtime_ns"])

    def _begin(self, file: Mapping[str, Any]) -> None:
        self._piece = 0
        if not self.error:
            self._writing(lambda: self._create(file), file["name"])

    def _create(self, file: Mapping[str, Any]) -> None:
        self._open = self._store.create(file["name"], _MODES[file["kind"]])

    def _write(self, file: Mapping[str, Any], data: bytes) -> None:
        opened = self._open
        if opened:
            self._writing(lambda: opened.write(data), file["name"])

    def _keep(self, opened: StoredFile, file: Mapping[str, Any]) -> None:
        self.changed |= opened.keep(file["mtime_ns"])
        if file["kind"] == "gathered":
            self.gathered += 1
        else:
            self.written.append(file["name"])

    def _drop(self) -> None:
        if self._open:
            self._open.drop()
            self._open = None

    def _writing(self, act: Callable[[], Any], name: str) -> None:
        try:
            act()
        except OSError as error:
            self.give_up(f"{name} cannot be written in {self._store.directory} of the controller: {error.strerror}")


def _bytes_of(file: Mapping[str, Any]) -> int:
    return sum(size for _offset, size in file["pieces"])
