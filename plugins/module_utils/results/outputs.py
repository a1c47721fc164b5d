# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""List and read what the controller fetches of a job: its log, its results, and whole directories.

The job's container can write there, so no link is followed below the given root and only regular files are read. What
is too large, too many or no regular file is refused, and reported by its name.
"""

from __future__ import annotations

import errno
import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..files.safe_open import Listed, NotRegular, list_directory, open_regular

# The name of the log beside the results.
LOG_NAME = "log"
READ_BYTES = 1024**2
MOST_RESULTS = 200
MOST_ENTRIES = 100_000
MOST_DEPTH = 64
# Names of refused files that are reported.
MOST_REFUSED = 20
# How far from a cut the end of a line is looked for.
_LINE_BYTES = 64 * 1024
_NOT_THERE = (errno.ENOENT,)
_WHY = {errno.ELOOP: "it is a symbolic link", errno.ENOTDIR: "a directory above it is no directory, or a symbolic link"}


class Survey:
    """Lists the files. ``busy`` is called from time to time, so that the caller can report that this goes on.

    ``files`` are dictionaries with name (below the results of the host), root, path, size, mtime_ns, pieces (a list of
    offset and size) and kind; ``directories`` are names; ``refused`` are dictionaries with name and why.
    """

    def __init__(self, busy: Callable[[], None] = lambda: None) -> None:
        self._busy = busy
        self.files: list[dict[str, Any]] = []
        self.directories: list[str] = []
        self.refused: list[dict[str, str]] = []
        self._refused_count = 0
        self._entries = 0

    def run(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return files, directories, refused and refused_count.

        ``wanted`` has any of log (root, path, head, tail), results and gather (root, path, patterns, most).
        """
        if log := wanted.get("log"):
            self._log(log)
        if results := wanted.get("results"):
            self._results(results)
        if gather := wanted.get("gather"):
            self._gather(gather)
        found = {"files": self.files, "directories": self.directories, "refused": self.refused[:MOST_REFUSED]}
        return {**found, "refused_count": self._refused_count}

    def _log(self, log: Mapping[str, Any]) -> None:
        try:
            descriptor = open_regular(log["root"], log["path"])
        except OSError as error:
            self._refuse_error(LOG_NAME, error)
            return
        try:
            status = os.fstat(descriptor)
            pieces = log_pieces(descriptor, status.st_size, log["head"], log["tail"])
        finally:
            os.close(descriptor)
        self._add("log", LOG_NAME, log, log["path"], status.st_size, status.st_mtime_ns, pieces)

    def _results(self, results: Mapping[str, Any]) -> None:
        for one in self._matching(results):
            path = f"{results['path']}/{one.name}"
            if one.is_directory:
                continue
            if not one.is_regular:
                self._refuse(one.name, _file_type(one))
            elif one.name == LOG_NAME:
                self._refuse(one.name, "the log of the rank has this name")
            elif one.size > results["most"]:
                self._refuse(one.name, f"it has {one.size} bytes, and {results['most']} is the most for a result")
            elif len(self.files) > MOST_RESULTS:
                self._refuse(one.name, f"there are more than {MOST_RESULTS} results")
            else:
                self._add("result", one.name, results, path, one.size, one.mtime_ns, [[0, one.size]])

    def _gather(self, gather: Mapping[str, Any]) -> None:
        for one in self._matching(gather):
            if one.is_directory:
                self._walk(gather, one.name)
            elif one.is_link:
                self._refuse(one.name, _file_type(one))

    def _walk(self, gather: Mapping[str, Any], top: str) -> None:
        to_read = [top]
        while to_read:
            name = to_read.pop()
            self._busy()
            if name.count("/") >= MOST_DEPTH or self._entries >= MOST_ENTRIES:
                self._refuse(
                    name, f"the directories are deeper than {MOST_DEPTH} or hold more than {MOST_ENTRIES} names"
                )
                continue
            inside = self._list(gather["root"], f"{gather['path']}/{name}", name)
            if inside is None:
                continue
            self.directories.append(name)
            self._entries += len(inside)
            for one in inside:
                below = f"{name}/{one.name}"
                if one.is_directory:
                    to_read.append(below)
                elif one.is_regular:
                    path = f"{gather['path']}/{below}"
                    self._add("gathered", below, gather, path, one.size, one.mtime_ns, [[0, one.size]])
                else:
                    self._refuse(below, _file_type(one))

    def _matching(self, wanted: Mapping[str, Any]) -> Iterator[Listed]:
        """Yield the entries of the directory that match a pattern; hidden ones only by a pattern with a dot first."""
        for one in self._list(wanted["root"], wanted["path"], wanted["path"]) or []:
            if any(_matches(one.name, pattern) for pattern in wanted["patterns"]):
                yield one

    def _list(self, root: str, path: str, name: str) -> list[Listed] | None:
        try:
            inside = list_directory(root, path, MOST_ENTRIES)
        except OSError as error:
            self._refuse_error(name, error)
            return None
        if len(inside) >= MOST_ENTRIES:
            self._refuse(name, f"it holds {MOST_ENTRIES} names or more, of which the others were not looked at")
        return inside

    def _add(
        self,
        kind: str,
        name: str,
        wanted: Mapping[str, Any],
        path: str,
        size: int,
        mtime_ns: int,
        pieces: Sequence[Sequence[int]],
    ) -> None:
        place = {"kind": kind, "name": name, "root": wanted["root"], "path": path}
        self.files.append({**place, "size": size, "mtime_ns": mtime_ns, "pieces": pieces})

    def _refuse(self, name: str, why: str) -> None:
        self._refused_count += 1
        if len(self.refused) < MOST_REFUSED:
            self.refused.append({"name": name, "why": why})

    def _refuse_error(self, name: str, error: OSError) -> None:
        if error.errno not in _NOT_THERE:
            self._refuse(name, why_not(error))


def log_pieces(descriptor: int, size: int, head: int, tail: int) -> list[list[int]]:
    """Return offset and size of the first and the last part, cut between lines where possible, or of the whole file.

    ``head`` and ``tail`` are in bytes; where both are 0 the whole file is wanted.
    """
    if not head + tail or size <= head + tail:
        return [[0, size]]
    after = os.pread(descriptor, min(_LINE_BYTES, head), max(head - _LINE_BYTES, 0))
    end = head - (len(after) - after.rfind(b"\n") - 1 if b"\n" in after else 0)
    start = size - tail
    start += os.pread(descriptor, min(_LINE_BYTES, tail), start).find(b"\n") + 1
    return [[0, end], [start, size - start]]


def read_pieces(root: str, path: str, pieces: Iterable[Sequence[int]]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each piece with a block of it, of at most 1 MiB; a file that shrinks ends early.

    Raise OSError where it cannot be read or is no regular file.
    """
    descriptor = open_regular(root, path)
    try:
        for number, (offset, size) in enumerate(pieces):
            read = 0
            while read < size and (block := os.pread(descriptor, min(READ_BYTES, size - read), offset + read)):
                yield number, block
                read += len(block)
    finally:
        os.close(descriptor)


def why_not(error: OSError) -> str:
    """Return why a file was not read, as a clause."""
    if isinstance(error, NotRegular):
        return "it is a symbolic link, or no regular file"
    return _WHY.get(error.errno or 0, f"it cannot be read ({error.strerror})")


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith("."))


def _file_type(one: Listed) -> str:
    return "it is a symbolic link" if one.is_link else "it is no regular file"
