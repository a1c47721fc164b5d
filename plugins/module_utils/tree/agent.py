# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind of item "directory": an item is a part of a file, known by its place among all parts."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Mapping
from typing import Any

from ..base.errors import ClusterError, PlanError
from ..base.system_error import described
from ..engine.socket import EngineSocket
from ..files.trusted_path import open_nearest
from ..relay.agent import serve_kind
from ..relay.items import ItemRanges
from ..relay.pace import PacedSource
from ..relay.server import ItemSource
from ..swarm.addresses import relay_addresses
from .differences import DIFF_LINES, TreePlan, WorthReading, diff_lines, in_the_way, plan_tree, small_disk
from .marker import TreeMarker
from .memory import DigestMemory
from .pages import unpack
from .progress import Progress
from .reader import TreeReader
from .root import TreeRoot
from .rules import SourceRules
from .scan import scan
from .sink import TreeSink
from .source import ItemDigests, TreeSource
from .staging import TreeStaging
from .store import PageStore

Emit = Callable[[dict[str, Any]], None]
# Only an address of the swarm is read there; a host needs no engine.
_ENGINE_SECONDS = 5.0


class TreeKind:
    """A directory of this host, as the source or the destination of parts of files."""

    # What a host is ahead of its disk, and of the next host. Files are small beside layers, and there may be many.
    window_bytes = 32 * 1024**2

    def __init__(self, arguments: Mapping[str, Any], emit: Emit) -> None:
        """C(host), C(path), C(untrusted_below), C(is_source), C(owner), C(writes) (false in check mode).

        Of the source C(outside_links) too, and, where wanted, C(only), the paths of files without which nothing else is
        brought, C(rate), in bytes a second, and C(marks), false where it is known to be the same directory on no host.
        """
        self._arguments = arguments
        self._path: str = arguments["path"]
        self._untrusted_below: str = arguments["untrusted_below"]
        self._emit = emit
        self._progress = Progress()
        self._root: TreeRoot | None = None
        self._reader: TreeReader | None = None
        self._memory: DigestMemory | None = None
        self._staging: TreeStaging | None = None
        self._sink: TreeSink | None = None
        self._here = PageStore()
        # Of a host that receives, what it knows of the source's; the source knows its own.
        self._source = self._here
        self._plan: TreePlan | None = None
        self._marker: TreeMarker | None = None

    def observe(self) -> dict[str, Any]:
        """Return the digests of the source's pages, after reading its files; the others list theirs meanwhile."""
        found: dict[str, Any] = {"addresses": _addresses()}
        with self._progress.reported(self._report):
            if self._arguments["is_source"]:
                files = self._read_source()
                marker = self._marker.name if self._marker else ""
                return {**found, "files": files, "outline": self._here.outline(), "marker": marker}
            root = self._target()
            if root:
                self._list_target(root)
        return found

    def compare(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return which pages of the C(outline) are not here: C(lacks), as how many are left out and how many follow."""
        if self._root and arguments["marker"] and self._has(self._root, arguments["marker"]):
            return {"is_shared": True}
        self._source = PageStore.of_outline(arguments["outline"])
        held = frozenset(self._here.digests)
        lacks = (number for number, digest in enumerate(self._source.digests) if digest not in held)
        return {"is_shared": False, "lacks": ItemRanges(lacks).steps()}

    def pages(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the pages with these C(numbers)."""
        return {"pages": [[number, self._here.page(number).pack()] for number in arguments["numbers"]]}

    def take_pages(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Take C(pages) of the source, as C(pages) returns them."""
        for number, packed in arguments["pages"]:
            self._source.put(number, unpack(packed))
        return {}

    def plan(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return what this host lacks, and what would be done here, with C(delete) and C(reserve); change nothing."""
        with self._progress.reported(self._report):
            root = self._root
            if root:
                self._staging = TreeStaging(root)
                self._read_target()
            self._progress.compares = True
            left = self._staging.left if self._staging and self._staging.has_any else None
            owner = self._arguments["owner"]
            self._plan = plan_tree(self._source, self._here, left, arguments["delete"], owner)
            self._progress.compares = False
        return self._describe(self._plan, arguments["reserve"])

    def source(self, arguments: Mapping[str, Any]) -> ItemSource:
        """Return the source of what was observed; ``arguments`` are empty."""
        source = TreeSource(self._opened(), self._here)
        rate: int = self._arguments.get("rate") or 0
        return PacedSource(source, rate) if rate else source

    def stage(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do what needs no other host; ``arguments`` are empty."""
        if self._plan is None:
            raise RuntimeError("nothing was planned")
        root = self._opened(make=True)
        self._staging = self._staging or TreeStaging(root)
        # A container could change a file at the moment at which it gets its name: what it can write is read again.
        memory = None if self._untrusted_below else self._memory or DigestMemory(root.real_path)
        owner = self._arguments["owner"]
        self._sink = TreeSink(root, self._staging, self._source, self._here, self._plan, owner, memory)
        with self._progress.reported(self._report):
            self._sink.start(self._progress)
        return {}

    def sink(self, arguments: Mapping[str, Any]) -> TreeSink:
        """Return the sink that was staged; ``arguments`` are empty."""
        if self._sink is None:
            raise RuntimeError("nothing was staged")
        return self._sink

    def digests(self, items: ItemRanges) -> Mapping[int, str]:
        """Return the digests of these items."""
        return ItemDigests(self._source, items)

    def unfinished(self) -> None:
        """Return None: a part of a file is small, and is sent again."""

    def close(self) -> None:
        if self._sink:
            self._sink.close()
        if self._marker:
            self._marker.remove()
        if self._reader:
            self._reader.close()

    def _report(self, words: str) -> None:
        self._emit({"event": "busy", "text": words})

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

    def _read_source(self) -> int:
        """Read the directory, and return how many files it holds."""
        host = self._arguments["host"]
        try:
            root = self._root = TreeRoot.opened(self._path, host, untrusted_below=self._untrusted_below)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise PlanError(f"{host} has no directory {self._path}. Name one that is there as path.") from error
        except OSError as error:
            raise ClusterError(f"{self._path} of {host} cannot be opened: {described(error)}") from error
        if self._arguments["writes"] and self._arguments.get("marks", True):
            self._marker = TreeMarker(root)
        rules = SourceRules(host, self._path, self._arguments["outside_links"])
        reader = self._reader_of(root)
        only = self._arguments.get("only")
        paths = None if only is None else frozenset(os.fsencode(path) for path in only)
        for page in scan(root, self._arguments["owner"], self._progress, rules.brings, paths):
            # What cannot be brought anyway is not worth reading.
            if not reader.recall(page) and rules.is_kept:
                reader.read(page)
            self._here.add(page, page.digest())
        rules.check()
        reader.store()
        return self._progress.files

    def _list_target(self, root: TreeRoot) -> None:
        """List what is here; what is not remembered of its files is read only once it is known what is wanted."""
        reader = self._reader_of(root)
        for page in scan(root, self._arguments["owner"], self._progress):
            is_known = reader.recall(page)
            self._here.add(page, page.digest() if is_known else b"")

    def _read_target(self) -> None:
        """Read the files whose content may be wanted, and remember what was found."""
        if self._reader is None:
            return
        unread = [number for number in self._here.numbers() if not self._here.digests[number]]
        worth = WorthReading(self._source if unread else PageStore())
        for number in unread:
            self._reader.read(self._here.page(number), worth.__contains__)
            self._here.settle(number)
        self._reader.store()

    def _reader_of(self, root: TreeRoot) -> TreeReader:
        memory = DigestMemory(root.real_path)
        writes = self._arguments["writes"]
        self._memory = memory if writes else None
        self._reader = TreeReader(root, self._progress, memory, writes)
        return self._reader

    def _has(self, root: TreeRoot, marker: str) -> bool:
        with contextlib.suppress(FileNotFoundError):
            status = os.stat(marker, dir_fd=root.directory(""), follow_symlinks=False)
            return stat.S_ISREG(status.st_mode)
        return False

    def _describe(self, plan: TreePlan, reserve: int) -> dict[str, Any]:
        host, contents = self._arguments["host"], plan.contents
        room = _room(self._path, self._untrusted_below)
        return {
            "changed": not plan.is_empty,
            "wanted": contents.wanted.steps(),
            "bytes": contents.wanted_bytes,
            "files_sent": contents.files_sent,
            "deleted": plan.deleted,
            "diff": diff_lines(plan, DIFF_LINES),
            "problem": in_the_way(plan, host, self._path) or small_disk(plan, host, self._path, room, reserve),
            "free_bytes": room["bytes"],
            "needed_bytes": contents.needed_bytes,
        }


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
