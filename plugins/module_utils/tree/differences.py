# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what has to be done here, by what the source's directory holds and what this host's holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ..base.errors import ClusterError
from ..base.sizes import in_words
from .contents import FileContents, Work
from .entries import DIRECTORY, FILE, LINK, PART_BYTES, TreeEntry, listed, mode_of, order_of, shown
from .store import PageStore, Place, Selection

# Of the names that a plan adds or changes, so many are kept: what diff mode shows.
DIFF_LINES = 500

# An entry and its place in its store, or nothing where the host has no such path.
_Found: TypeAlias = "tuple[Place, TreeEntry] | None"


class Names:
    """How many names there are, and the first of them."""

    def __init__(self, *names: str) -> None:
        self.first = list(names)
        self.count = len(names)

    def add(self, name: str) -> None:
        self.count += 1
        if self.count <= DIFF_LINES:
            self.first.append(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.first)

    def __len__(self) -> int:
        return self.count


@dataclass
class TreePlan:
    """The steps in their order; ``blocked`` is what is in the way and must not be deleted."""

    directories: Selection
    links: Selection
    settings: Selection
    contents: FileContents
    deletes: Selection
    clear: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    added: Names = field(default_factory=Names)
    changed: Names = field(default_factory=Names)

    @classmethod
    def of(cls, source: PageStore, here: PageStore) -> TreePlan:
        """Return the plan that does nothing."""
        return cls(
            directories=Selection(source),
            links=Selection(source),
            settings=Selection(source),
            contents=FileContents(source, here),
            deletes=Selection(here),
        )

    @property
    def is_empty(self) -> bool:
        return not (self.clear or self.added or self.changed or self.deletes or self.blocked)

    @property
    def deleted(self) -> int:
        return len(self.clear) + len(self.deletes)

    @property
    def files(self) -> Iterator[Work]:
        return self.contents.works()


class WorthReading:
    """Which files of this host may have content of the source's: those of its sizes, or large and of its names."""

    def __init__(self, source: PageStore) -> None:
        self._sizes: set[int] = set()
        self._large: set[str] = set()
        for _place, one in source.walk(source.numbers()):
            if one.kind == FILE and one.size:
                self._sizes.add(one.size)
                if one.size > PART_BYTES:
                    self._large.add(one.path)

    def __contains__(self, entry: object) -> bool:
        if not isinstance(entry, TreeEntry) or entry.kind != FILE or not entry.size:
            return False
        return entry.size in self._sizes or entry.path in self._large


def plan_tree(
    source: PageStore,
    here: PageStore,
    left: Callable[[TreeEntry], Sequence[int]] | None,
    delete: bool,
    keeps_owner: bool,
) -> TreePlan:
    """Return the plan. Pages of the source that are not in its store are the same here.

    ``left`` returns which parts of a file an earlier run has left whole; it is None where there was none.
    """
    plan = TreePlan.of(source, here)
    same = frozenset(source.digests) & frozenset(here.digests)
    ours = (number for number in here.numbers() if here.digests[number] not in same)
    theirs = (number for number in source.numbers() if source.digests[number] not in same)
    blocking = ""
    for held, wanted in _pairs(here.walk(ours), _checked(source.walk(theirs))):
        if wanted:
            _decide(plan, held[1] if held else None, *wanted, delete=delete, keeps_owner=keeps_owner)
            if held and _blocks(held[1], wanted[1]):
                blocking = f"{held[1].path}/"
        elif held and delete and not (blocking and held[1].path.startswith(blocking)):
            # Below a directory that is removed for a file or a link, all is removed with it.
            plan.deletes.add(held[0])
    plan.contents.find(left)
    return plan


def _checked(entries: Iterator[tuple[Place, TreeEntry]]) -> Iterator[tuple[Place, TreeEntry]]:
    """Yield the entries; raise ClusterError where they are not in their order, or one is below what is no directory."""
    last: list[bytes] = []
    above: list[tuple[str, bool]] = []  # the entries on the way to this one, and whether each is a directory
    for place, one in entries:
        order = order_of(one.path)
        while above and not one.path.startswith(above[-1][0]):
            above.pop()
        if (last and order <= last) or (above and not above[-1][1]):
            raise ClusterError(f"The list of files names {shown(one.path)!r}, which no directory can hold.")
        last = order
        if one.path:
            above.append((f"{one.path}/", one.kind == DIRECTORY))
        yield place, one


def _pairs(
    here: Iterator[tuple[Place, TreeEntry]], source: Iterator[tuple[Place, TreeEntry]]
) -> Iterator[tuple[_Found, _Found]]:
    """Yield what both have of each path, in their order."""
    held, wanted = next(here, None), next(source, None)
    while held or wanted:
        order = _compared(held, wanted)
        yield (held if order <= 0 else None), (wanted if order >= 0 else None)
        if order <= 0:
            held = next(here, None)
        if order >= 0:
            wanted = next(source, None)


def _compared(held: _Found, wanted: _Found) -> int:
    if held is None or wanted is None:
        return 1 if held is None else -1
    if held[1].path == wanted[1].path:
        return 0
    return -1 if order_of(held[1].path) < order_of(wanted[1].path) else 1


def _decide(
    plan: TreePlan, held: TreeEntry | None, place: Place, wanted: TreeEntry, delete: bool, keeps_owner: bool
) -> None:
    if held and _blocks(held, wanted):
        (plan.clear if delete else plan.blocked).append(wanted.path)
    is_written = True
    if wanted.kind == FILE and _is_written(held, wanted, keeps_owner):
        plan.contents.add(place, held.size if held and held.kind == FILE else 0)
    elif wanted.kind == LINK and not _is_same_link(held, wanted):
        plan.links.add(place)
    elif wanted.kind == DIRECTORY and not _is_directory(held):
        plan.directories.add(place)
    elif held and wanted.kind != LINK and not _is_set(held, wanted, keeps_owner):
        plan.settings.add(place)
    else:
        is_written = False
    if is_written:
        (plan.changed if held else plan.added).add(wanted.path)


def small_disk(plan: TreePlan, host: str, dest: str, room: Mapping[str, int], reserve: int) -> str:
    """Return what is wrong with the disk, empty for nothing. ``room``: free C(bytes), C(files)."""
    needed = plan.contents.needed_bytes
    if needed and needed + reserve > room["bytes"]:
        return (
            f"The disk of {host} is too small for {dest}: {in_words(room['bytes'])} are free there, but the files that "
            f"are to be written take {in_words(needed)} and {in_words(reserve)} are to stay free "
            "(disk_reserve). Nothing was sent. Make room there."
        )
    new = len(plan.added)
    # A file system that makes its inodes as it needs them says that it has none at all.
    if room["files"] and new > room["files"]:
        return (
            f"{dest} of {host} has room for {room['files']} more files only, and {new} would be made. Nothing was sent."
        )
    return ""


def in_the_way(plan: TreePlan, host: str, dest: str) -> str:
    """Return what is in the way, in words; empty for nothing."""
    if not plan.blocked:
        return ""
    return (
        f"In {dest} of {host} something else stands in the place of {listed(plan.blocked)}: a directory where the "
        "source has a file or a link, or a file or a link where it has a directory. Nothing is written through a link. "
        "Nothing was sent. Remove it, or set delete to true."
    )


def diff_lines(plan: TreePlan, limit: int) -> list[str]:
    """Return what would be added (+), changed (~) and deleted (-)."""
    lines = [f"+ {shown(path)}" for path in plan.added]
    lines += [f"~ {shown(path)}" for path in plan.changed]
    lines += [f"- {shown(path)}" for path in plan.clear[:limit]]
    rest = reversed(plan.deletes)
    lines += [f"- {shown(one.path)}" for _count, one in zip(range(limit), rest, strict=False)]
    count = len(plan.added) + len(plan.changed) + plan.deleted
    return lines if count <= limit else [*lines[:limit], f"and {count - limit} more"]


def _blocks(held: TreeEntry, wanted: TreeEntry) -> bool:
    """Return whether a deletion is needed first: a rename replaces files and links, never a directory."""
    return held.kind != wanted.kind and DIRECTORY in (held.kind, wanted.kind)


def _is_written(held: TreeEntry | None, wanted: TreeEntry, keeps_owner: bool) -> bool:
    """Return whether a file is written; one with another name too also for its attributes, which would change there."""
    if held is None or not _has_content(held, wanted):
        return True
    return held.links > 1 and not _is_set(held, wanted, keeps_owner)


def _has_content(held: TreeEntry | None, wanted: TreeEntry) -> bool:
    return bool(held and held.kind == FILE and held.size == wanted.size and held.digests == wanted.digests)


def _is_same_link(held: TreeEntry | None, wanted: TreeEntry) -> bool:
    return bool(held and held.kind == LINK and held.link == wanted.link)


def _is_directory(held: TreeEntry | None) -> bool:
    return bool(held and held.kind == DIRECTORY)


def _is_set(held: TreeEntry, wanted: TreeEntry, keeps_owner: bool) -> bool:
    is_owned = (held.uid, held.gid) == (wanted.uid, wanted.gid) or not keeps_owner
    modes = mode_of(held.mode, keeps_owner) == mode_of(wanted.mode, keeps_owner)
    return is_owned and held.mtime == wanted.mtime and modes
