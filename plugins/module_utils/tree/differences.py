# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what has to be done here, by what the source's directory holds and what this host's holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..base.sizes import in_words
from .entries import DIRECTORY, FILE, LINK, PART_BYTES, Items, TreeEntry, listed, shown

_SHARED_MODE = 0o1777
_WHOLE_MODE = 0o7777


@dataclass(frozen=True, slots=True)
class Work:
    """A file to be written: the parts that an earlier run left, those found elsewhere here, and those to receive."""

    entry: TreeEntry
    left: tuple[int, ...] = ()
    local: tuple[tuple[int, tuple[TreeEntry, int]], ...] = ()
    lacking: tuple[int, ...] = ()
    replaces: int = 0  # the bytes of the file that it takes the place of


@dataclass(frozen=True)
class TreePlan:
    """The steps in their order; ``blocked`` is what is in the way and must not be deleted."""

    clear: tuple[str, ...] = ()
    directories: tuple[TreeEntry, ...] = ()
    files: tuple[Work, ...] = ()
    links: tuple[TreeEntry, ...] = ()
    settings: tuple[TreeEntry, ...] = ()
    deletes: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.clear or self.added or self.changed or self.deletes or self.blocked)

    @property
    def deleted(self) -> int:
        return len(self.clear) + len(self.deletes)

    def wanted(self, items: Items) -> list[int]:
        """Return the items that this host lacks."""
        return sorted({items.numbers[work.entry.digests[part]] for work in self.files for part in work.lacking})

    @property
    def files_sent(self) -> int:
        return sum(1 for work in self.files if work.lacking)

    @property
    def needed_bytes(self) -> int:
        """Return the bytes that the disk needs at most: a file's old content is removed when the new one is whole."""
        copied = [work for work in self.files if not work.lacking]
        needed = used = sum(work.entry.size for work in copied)
        for work in self.files:
            if work.lacking:
                used += work.entry.size - sum(work.entry.part_size(part) for part in work.left)
                needed = max(needed, used)
                used -= work.replaces
        return needed


def mode_of(entry: TreeEntry, keeps_owner: bool) -> int:
    """Return the mode; a file without its owner must not let others act as its owner."""
    return entry.mode & (_WHOLE_MODE if keeps_owner else _SHARED_MODE)


def worth_reading(source: Iterable[TreeEntry], here: Iterable[TreeEntry]) -> list[TreeEntry]:
    """Return the files of this host that may have content of the source's: of its size, or large and of its name."""
    files = [one for one in source if one.kind == FILE and one.size]
    sizes = {one.size for one in files}
    large = {one.path for one in files if one.size > PART_BYTES}
    return [one for one in here if one.kind == FILE and one.size and (one.size in sizes or one.path in large)]


def plan_tree(
    source: Sequence[TreeEntry],
    here: Sequence[TreeEntry],
    left: Callable[[TreeEntry], Sequence[int]],
    delete: bool,
    keeps_owner: bool,
) -> TreePlan:
    """Return the plan; ``here`` has digests of what was read, ``left`` returns the whole parts of an earlier run."""
    held = {one.path: one for one in here}
    wanted = {one.path: one for one in source}
    blocking = [path for path, one in wanted.items() if path in held and _blocks(held[path], one)]
    extra = [path for path in held if path not in wanted]
    parts = {digest: (one, part) for one in here for part, digest in enumerate(one.digests)}
    files = [one for one in source if one.kind == FILE and _is_written(held.get(one.path), one, keeps_owner)]
    links = [one for one in source if one.kind == LINK and not _is_same_link(held.get(one.path), one)]
    directories = [one for one in source if one.kind == DIRECTORY and not _is_directory(held.get(one.path))]
    written = {one.path for one in (*files, *links, *directories)}
    settings = [
        one
        for one in source
        if one.path not in written and one.kind != LINK and not _is_set(held[one.path], one, keeps_owner)
    ]
    # Below a file or link that is removed for a directory there is nothing; below a directory all is removed.
    below = tuple(f"{path}/" for path in blocking)
    return TreePlan(
        clear=tuple(blocking) if delete else (),
        directories=tuple(directories),
        files=tuple(_work(one, left(one), parts, held.get(one.path)) for one in files),
        links=tuple(links),
        settings=tuple(settings),
        deletes=tuple(sorted((path for path in extra if not path.startswith(below)), reverse=True)) if delete else (),
        blocked=() if delete else tuple(blocking),
        added=tuple(one.path for one in source if one.path in written and one.path not in held),
        changed=tuple(one.path for one in (*files, *links, *directories, *settings) if one.path in held),
    )


def small_disk(plan: TreePlan, host: str, dest: str, room: Mapping[str, int], reserve: int) -> str:
    """Return what is wrong with the disk, empty for nothing. ``room``: free C(bytes), C(files)."""
    if plan.needed_bytes and plan.needed_bytes + reserve > room["bytes"]:
        return (
            f"The disk of {host} is too small for {dest}: {in_words(room['bytes'])} are free there, but the files that "
            f"are to be written take {in_words(plan.needed_bytes)} and {in_words(reserve)} are to stay free "
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
    lines += [f"- {shown(path)}" for path in (*plan.clear, *plan.deletes)]
    return lines if len(lines) <= limit else [*lines[:limit], f"and {len(lines) - limit} more"]


def _work(
    entry: TreeEntry, left: Sequence[int], parts: Mapping[str, tuple[TreeEntry, int]], held: TreeEntry | None
) -> Work:
    local, lacking = [], []
    for part, digest in enumerate(entry.digests):
        if part in left:
            continue
        if digest in parts:
            local.append((part, parts[digest]))
        else:
            lacking.append(part)
    replaces = held.size if held and held.kind == FILE else 0
    return Work(entry, tuple(left), tuple(local), tuple(lacking), replaces)


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
    return is_owned and held.mtime == wanted.mtime and mode_of(held, keeps_owner) == mode_of(wanted, keeps_owner)
