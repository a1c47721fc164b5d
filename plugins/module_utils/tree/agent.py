# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind of item "directory": an item is a part of a file, known by its place among all parts."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, cast

from ..base.errors import ClusterError, PlanError
from ..base.system_error import described
from ..engine.socket import EngineSocket
from ..files.trusted_path import open_nearest
from ..relay.agent import serve_kind
from ..relay.parts import WINDOW_BYTES
from ..swarm.addresses import relay_addresses
from .differences import TreePlan, diff_lines, in_the_way, plan_tree, small_disk, worth_reading
from .entries import FILE, PART_BYTES, Items, TreeEntry, choose_links, items_of, pack, shown, unpack
from .listing import DigestMemory, TreeReader, refuse_change
from .marker import TreeMarker
from .root import TreeRoot
from .sink import TreeSink
from .staging import TreeStaging

Emit = Callable[[dict[str, Any]], None]
# Only an address of the swarm is read there; a host needs no engine.
_ENGINE_SECONDS = 5.0
_DIFF_LINES = 500


class TreeKind:
    """A directory of this host, as the source or the destination of parts of files."""

    window_bytes = WINDOW_BYTES

    def __init__(self, arguments: Mapping[str, Any], emit: Emit) -> None:
        """C(host), C(path), C(untrusted_below), C(is_source), C(writes) (false in check mode).

        Of the source C(outside_links) too.
        """
        self._arguments = arguments
        self._path: str = arguments["path"]
        self._untrusted_below: str = arguments["untrusted_below"]
        self._emit = emit
        self._root: TreeRoot | None = None
        self._staging: TreeStaging | None = None
        self._sink: TreeSink | None = None
        self._entries: list[TreeEntry] = []
        self._plan = TreePlan()
        self._marker: TreeMarker | None = None

    def observe(self) -> dict[str, Any]:
        """Return the entries of the source, read; of the others only their addresses."""
        found: dict[str, Any] = {"addresses": _addresses()}
        if self._arguments["is_source"]:
            self._entries = self._read_source()
            found["entries"] = pack(self._entries)
            found["marker"] = self._marker.name if self._marker else ""
        return found

    def compare(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return what this host lacks of C(entries), and what would be done here; change nothing."""
        self._entries = unpack(arguments["entries"])
        here: list[TreeEntry] = []
        root = self._target()
        if root:
            if arguments["marker"] and self._has(root, arguments["marker"]):
                return {"is_shared": True}
            self._staging = TreeStaging(root)
            here = self._read_target(root)
        left = self._staging.left if self._staging else lambda _entry: ()
        self._plan = plan_tree(self._entries, here, left, arguments["delete"], arguments["owner"])
        return {"is_shared": False, **self._describe(arguments)}

    def source(self, arguments: Mapping[str, Any]) -> TreeSource:
        """Return the source of what was observed; ``arguments`` are empty."""
        return TreeSource(self._opened(), items_of(self._entries))

    def stage(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do what needs no other host; with C(owner) the owners are kept."""
        root = self._opened(make=True)
        self._staging = self._staging or TreeStaging(root)
        items = items_of(self._entries)
        self._sink = TreeSink(root, self._staging, self._entries, self._plan, items, arguments["owner"])
        self._sink.start(lambda: self._emit({"event": "busy"}))
        return {}

    def sink(self, arguments: Mapping[str, Any]) -> TreeSink:
        """Return the sink that was staged; ``arguments`` are empty."""
        if self._sink is None:
            raise RuntimeError("nothing was staged")
        return self._sink

    def digests(self, items: Sequence[int]) -> list[str]:
        """Return the digests of these items."""
        known = items_of(self._entries).digests
        return [known[item] for item in items]

    def unfinished(self) -> None:
        """Return None: a part of a file is small, and is sent again."""

    def close(self) -> None:
        if self._sink:
            self._sink.close()
        if self._marker:
            self._marker.remove()

    def _opened(self, make: bool = False) -> TreeRoot:
        host = self._arguments["host"]
        try:
            self._root = self._root or TreeRoot.opened(self._path, host, make, self._untrusted_below)
        except OSError as error:
            doing = "made" if make else "opened"
            raise ClusterError(f"{self._path} of {host} cannot be {doing}: {described(error)}") from error
        return self._root

    def _target(self) -> TreeRoot | None:
        """Return the directory to write to; None where it does not exist yet."""
        host = self._arguments["host"]
        try:
            self._root = TreeRoot.opened(self._path, host, untrusted_below=self._untrusted_below)
        except FileNotFoundError:
            return None
        except NotADirectoryError as error:
            raise PlanError(f"{error.filename} of {host} is no directory. Name another dest.") from error
        except OSError as error:
            raise ClusterError(f"{self._path} of {host} cannot be opened: {described(error)}") from error
        return self._root

    def _read_source(self) -> list[TreeEntry]:
        host = self._arguments["host"]
        try:
            root = self._root = TreeRoot.opened(self._path, host, untrusted_below=self._untrusted_below)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise PlanError(f"{host} has no directory {self._path}. Name one that is there as path.") from error
        except OSError as error:
            raise ClusterError(f"{self._path} of {host} cannot be opened: {described(error)}") from error
        if self._arguments["writes"]:
            self._marker = TreeMarker(root)
        entries = choose_links(host, self._path, root.entries(), self._arguments["outside_links"])
        return self._with_digests(root, entries, [one for one in entries if one.kind == FILE])

    def _read_target(self, root: TreeRoot) -> list[TreeEntry]:
        here = root.entries()
        return self._with_digests(root, here, worth_reading(self._entries, here))

    def _with_digests(
        self, root: TreeRoot, entries: Sequence[TreeEntry], to_read: Sequence[TreeEntry]
    ) -> list[TreeEntry]:
        memory = DigestMemory(root.real_path) if self._arguments["writes"] else None
        reader = TreeReader(root, lambda: self._emit({"event": "busy"}), memory)
        read = {one.path: one for one in reader.with_digests(to_read)}
        return [read.get(one.path, one) for one in entries]

    def _has(self, root: TreeRoot, marker: str) -> bool:
        with contextlib.suppress(FileNotFoundError):
            status = os.stat(marker, dir_fd=root.directory(""), follow_symlinks=False)
            return stat.S_ISREG(status.st_mode)
        return False

    def _describe(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        plan, host, items = self._plan, self._arguments["host"], items_of(self._entries)
        room = _room(self._path, self._untrusted_below)
        wanted = plan.wanted(items)
        return {
            "changed": not plan.is_empty,
            "wanted": wanted,
            "bytes": sum(items.sizes[item] for item in wanted),
            "files_sent": plan.files_sent,
            "files": sum(1 for one in self._entries if one.kind == FILE),
            "deleted": plan.deleted,
            "diff": diff_lines(plan, _DIFF_LINES),
            "problem": in_the_way(plan, host, self._path)
            or small_disk(plan, host, self._path, room, arguments["reserve"]),
            "free_bytes": room["bytes"],
            "needed_bytes": plan.needed_bytes,
        }


class TreeSource:
    """The parts of the files of a directory that nobody writes to."""

    def __init__(self, root: TreeRoot, items: Items) -> None:
        self._root = root
        self._items = items

    def open_item(self, item: int, timeout: float) -> tuple[int, IO[bytes]] | None:
        entry, part = self._items.places[item]
        # Hosts are answered by threads of their own, and a root is for one.
        root = self._root.again()
        try:
            with root.naming(entry.path, "read"):
                descriptor = root.open_file(entry.path)
        finally:
            root.close()
        opened = FilePart(descriptor, entry, part, self._root.name)
        return self._items.sizes[item], cast("IO[bytes]", opened)


class FilePart:
    """A part of a file as a file object; its last byte is given out only where the file has not changed."""

    def __init__(self, descriptor: int, entry: TreeEntry, part: int, directory: str) -> None:
        self._descriptor = descriptor
        self._entry = entry
        self._start = part * PART_BYTES
        self._size = entry.part_size(part)
        self._directory = directory
        self._offset = 0

    def __enter__(self) -> FilePart:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def seek(self, offset: int) -> None:
        self._offset = offset

    def read(self, count: int) -> bytes:
        try:
            data = os.pread(self._descriptor, min(count, self._size - self._offset), self._start + self._offset)
        except OSError as error:
            where = f"{shown(self._entry.path)} in {self._directory}"
            raise ClusterError(f"{where} could not be read: {described(error)}") from error
        self._offset += len(data)
        if self._offset == self._size or not data:
            refuse_change(self._descriptor, self._entry, self._directory)
        return data


def _addresses() -> dict[str, str]:
    try:
        info: dict[str, Any] = EngineSocket(timeout=_ENGINE_SECONDS).info()
    except ClusterError:
        info = {}
    return relay_addresses(info)


def _room(path: str, untrusted_below: str) -> dict[str, int]:
    descriptor = open_nearest(path, untrusted_below)
    try:
        system = os.statvfs(descriptor)
    finally:
        os.close(descriptor)
    return {"bytes": system.f_bavail * system.f_frsize, "files": system.f_favail}


def main() -> None:
    serve_kind(TreeKind)
