# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pages of entries that no directory has."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from ansible_collections.distrain.cluster.plugins.module_utils.tree.entries import (
    DIRECTORY,
    FILE,
    LINK,
    OTHER,
    TreeEntry,
    mode_of,
)
from ansible_collections.distrain.cluster.plugins.module_utils.tree.pages import (
    LINK_MODE,
    OWN_ROW,
    ROW,
    UNREAD,
    Page,
    ends_page,
)

TYPES = {DIRECTORY: stat.S_IFDIR, FILE: stat.S_IFREG, LINK: stat.S_IFLNK, OTHER: stat.S_IFIFO}


def pages_of(entries: Iterable[TreeEntry], keeps_owner: bool = False) -> Iterator[Page]:
    """Yield the pages of entries that are in their order, with their digests."""
    waiting: list[TreeEntry] = []
    for entry in entries:
        waiting.append(entry)
        if ends_page(os.fsencode(entry.path), len(waiting)):
            yield _page_of(waiting, keeps_owner)
            waiting = []
    if waiting:
        yield _page_of(waiting, keeps_owner)


def _page_of(entries: list[TreeEntry], keeps_owner: bool) -> Page:
    return Page(
        b"".join(_row_of(one, keeps_owner) for one in entries),
        b"".join(
            OWN_ROW.pack(one.identity[4], one.identity[0], one.identity[1], one.links)
            if one.identity
            else OWN_ROW.pack(0, 0, 0, one.links)
            for one in entries
        ),
        b"\0".join(os.fsencode(one.path) for one in entries),
        b"\0".join(os.fsencode(one.link) for one in entries if one.kind == LINK),
        b"".join(bytes.fromhex("".join(one.digests)) or UNREAD * one.parts for one in entries),
    )


def _row_of(entry: TreeEntry, keeps_owner: bool) -> bytes:
    owner = (entry.uid, entry.gid) if keeps_owner else (0, 0)
    if entry.kind == LINK:
        return ROW.pack(LINK_MODE, *owner, 0, 0)
    return ROW.pack(TYPES[entry.kind] | mode_of(entry.mode, keeps_owner), *owner, entry.mtime, entry.size)
