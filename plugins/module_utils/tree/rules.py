# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what of a directory can be brought, entry by entry, and what is wrong with it."""

from __future__ import annotations

import os
import stat

from ..base.errors import PlanError
from .entries import listed

_KEPT_TYPES = frozenset((stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK))


class SourceRules:
    """Sees each entry of the source that is no plain file, and leaves out what is not to be brought."""

    def __init__(self, host: str, path: str, outside_links: str) -> None:
        """``outside_links`` is what to do with links that lead out: refuse, keep or skip."""
        self._place = f"{path} of {host}"
        self._outside_links = outside_links
        self._others: list[str] = []
        self._foreign: list[str] = []
        self._outside: list[str] = []

    def brings(self, path: bytes, status: os.stat_result, above: os.stat_result, link: bytes) -> bool:
        """Return whether the entry is brought; ``above`` is its directory, ``link`` where it leads to."""
        kind = stat.S_IFMT(status.st_mode)
        if kind not in _KEPT_TYPES:
            self._others.append(os.fsdecode(path))
        elif kind == stat.S_IFREG and is_foreign(status, above):
            self._foreign.append(os.fsdecode(path))
        elif kind == stat.S_IFLNK and self._outside_links != "keep" and leads_outside(path, link):
            if self._outside_links == "refuse":
                self._outside.append(os.fsdecode(path))
            return False
        return True

    @property
    def is_kept(self) -> bool:
        """Whether nothing was found that cannot be brought."""
        return not (self._others or self._foreign or self._outside)

    def check(self) -> None:
        """Raise PlanError for what cannot be brought, after all entries."""
        if self._others:
            raise PlanError(
                f"{self._place} holds sockets, pipes or devices, which cannot be brought: {listed(self._others)}. "
                "Remove them, or bring a directory without them."
            )
        if self._foreign:
            raise PlanError(
                f"{self._place} holds hard links to files of other users than their directory's: "
                f"{listed(self._foreign)}. A user who can write in the directory may have linked files there that he "
                "cannot read. Copy them instead."
            )
        if self._outside:
            raise PlanError(
                f"{self._place} holds symbolic links that are absolute or lead out of it: {listed(self._outside)}. "
                "Make them relative, or set the module's option outside_links to keep (brought as they are) or to skip."
            )


def is_foreign(status: os.stat_result, above: os.stat_result) -> bool:
    """Return whether a file has another name too, and an owner that is not that of the directory which it is in.

    In a directory of root's that others can write as well, a file of root's is one of these.
    """
    is_writable = above.st_uid or above.st_mode & 0o022
    return bool(status.st_nlink > 1 and is_writable and (status.st_uid != above.st_uid or not above.st_uid))


def leads_outside(path: bytes, link: bytes) -> bool:
    """Return whether a symbolic link is absolute, or leads out of the directory on its way."""
    depth = path.count(b"/")
    for name in link.split(b"/"):
        depth += {b"..": -1, b".": 0, b"": 0}.get(name, 1)
        if depth < 0:
            return True
    return link.startswith(b"/")
