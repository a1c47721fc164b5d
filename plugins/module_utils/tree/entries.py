# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a directory holds, as hosts exchange it: one entry for each file, directory and symbolic link.

The content of a file is the SHA-256 of its parts, of 64 MiB each. A part is what the relay calls an item: two files
with the same part share it, and a cut costs at most one.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..base.errors import ClusterError, PlanError

PART_BYTES = 64 * 1024**2
# What begins with this at the top of a directory is ours, and is never delivered.
OWN_NAMES = ".distrain-tree"

DIRECTORY = "d"
FILE = "f"
LINK = "l"
OTHER = "o"  # a socket, a pipe or a device

_DIGEST_BYTES = 32
_SHOWN_PATHS = 5


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """``path`` is relative to the directory, and empty for itself; ``digests`` are empty where it was not read.

    ``mtime`` is in nanoseconds. On their own host only: ``links`` is how many names the file has, and ``identity`` is
    what shows that it has not changed.
    """

    path: str
    kind: str
    mode: int = 0
    mtime: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    link: str = ""
    digests: tuple[str, ...] = ()
    links: int = 1
    identity: tuple[int, ...] = ()

    @property
    def parts(self) -> int:
        return -(-self.size // PART_BYTES) if self.kind == FILE else 0

    def part_size(self, part: int) -> int:
        return min(self.size - part * PART_BYTES, PART_BYTES)


@dataclass(frozen=True)
class Items:
    """All different parts of the files of a directory, in the order in which they are sent."""

    digests: tuple[str, ...]
    sizes: tuple[int, ...]
    numbers: dict[str, int]
    places: tuple[tuple[TreeEntry, int], ...]  # where the source reads each


def items_of(entries: Iterable[TreeEntry]) -> Items:
    numbers: dict[str, int] = {}
    places = []
    for entry in entries:
        for part, digest in enumerate(entry.digests):
            if digest not in numbers:
                numbers[digest] = len(numbers)
                places.append((entry, part))
    return Items(tuple(numbers), tuple(entry.part_size(part) for entry, part in places), numbers, tuple(places))


def pack(entries: Iterable[TreeEntry]) -> str:
    """Compact, and all of it ASCII: a file costs about its digest and the part of its path that is new."""
    rows = [
        (one.path, one.kind, one.mode, one.mtime, one.uid, one.gid, one.size, one.link, _packed(one.digests))
        for one in entries
    ]
    return base64.b64encode(zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 1)).decode()


def unpack(packed: str) -> list[TreeEntry]:
    """Return the entries; raise ClusterError for a path that leads out of the directory."""
    rows = json.loads(zlib.decompress(base64.b64decode(packed)))
    entries = [
        TreeEntry(path, kind, mode, mtime, uid, gid, size, link, _unpacked(digests))
        for path, kind, mode, mtime, uid, gid, size, link, digests in rows
    ]
    _check(entries)
    return entries


def shown(path: str) -> str:
    """Return a name for display: without control characters and broken Unicode."""
    text = path or "."
    return text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode()


def listed(paths: Sequence[str]) -> str:
    """Return the first few of them in words."""
    more = f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else ""
    return ", ".join(shown(path) for path in paths[:_SHOWN_PATHS]) + more


def choose_links(host: str, path: str, entries: Sequence[TreeEntry], outside_links: str) -> list[TreeEntry]:
    """Return the entries to deliver; raise PlanError for what cannot be delivered."""
    others = [one.path for one in entries if one.kind == OTHER]
    if others:
        raise PlanError(
            f"{path} of {host} holds sockets, pipes or devices, which cannot be brought: {listed(others)}. "
            "Remove them, or bring a directory without them."
        )
    foreign = _foreign_files(entries)
    if foreign:
        raise PlanError(
            f"{path} of {host} holds hard links to files of other users than their directory's: {listed(foreign)}. "
            "A user who can write in the directory may have linked files there that he cannot read. Copy them instead."
        )
    outside = {one.path for one in entries if one.kind == LINK and _leads_outside(one)}
    if outside and outside_links == "refuse":
        raise PlanError(
            f"{path} of {host} holds symbolic links that are absolute or lead out of it: {listed(sorted(outside))}. "
            "Make them relative, or set the module's option outside_links to keep (brought as they are) or to skip."
        )
    return [one for one in entries if outside_links == "keep" or one.path not in outside]


def _foreign_files(entries: Sequence[TreeEntry]) -> list[str]:
    """Files that have another name too, and an owner that is not that of the directory which they are in.

    In a directory of root's that others can write as well, a file of root's is one of these.
    """
    writable = {one.path: one for one in entries if one.kind == DIRECTORY and (one.uid or one.mode & 0o022)}
    found = []
    for one in entries:
        above = writable.get(one.path.rpartition("/")[0])
        if above and one.kind == FILE and one.links > 1 and (one.uid != above.uid or not above.uid):
            found.append(one.path)
    return found


def _leads_outside(entry: TreeEntry) -> bool:
    depth = entry.path.count("/")
    for name in entry.link.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(name, 1)
        if depth < 0:
            return True
    return entry.link.startswith("/")


def _check(entries: Sequence[TreeEntry]) -> None:
    directories = {one.path for one in entries if one.kind == DIRECTORY}
    for one in entries:
        names = one.path.split("/")
        is_strange = any(name in ("", ".", "..") for name in names) or one.path.startswith(OWN_NAMES)
        is_strange = is_strange or not (_is_name(one.path) and _is_name(one.link))
        is_lost = "/" in one.path and one.path.rpartition("/")[0] not in directories
        is_incomplete = one.kind == FILE and len(one.digests) != one.parts
        if one.path and (is_strange or is_lost or is_incomplete or one.kind not in (DIRECTORY, FILE, LINK)):
            raise ClusterError(f"The list of files names {shown(one.path)!r}, which no directory can hold.")
    if len({one.path for one in entries}) != len(entries):
        raise ClusterError("The list of files names a path twice.")


def _is_name(text: str) -> bool:
    """Return whether a file system can hold the name: names that are no UTF-8 come as os.fsdecode gives them."""
    try:
        return b"\0" not in text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def _packed(digests: Sequence[str]) -> str:
    return base64.b64encode(bytes.fromhex("".join(digests))).decode()


def _unpacked(packed: str) -> tuple[str, ...]:
    data = base64.b64decode(packed)
    return tuple(data[at : at + _DIGEST_BYTES].hex() for at in range(0, len(data), _DIGEST_BYTES))
