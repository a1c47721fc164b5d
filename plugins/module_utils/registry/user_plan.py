# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of a registry's one user: written anew where it lets anybody else in, or does not let that user in."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.plan import Plan, Step

FILE_MODE = 0o600


@dataclass(frozen=True)
class UserFile:
    """``users`` are the names in the file, ``is_right`` whether the wanted user is let in with the wanted password."""

    users: tuple[str, ...] = ()
    is_right: bool = False
    mode: int | None = None


def plan_user(file: UserFile, path: str, user: str) -> Plan:
    """Passwords and their hashes are in no plan."""
    before = {"path": path, "users": list(file.users), "mode": f"{file.mode:04o}" if file.mode is not None else None}
    after = {"path": path, "users": [user], "mode": f"{FILE_MODE:04o}"}
    is_there = file.users == (user,) and file.is_right and file.mode == FILE_MODE
    return Plan(() if is_there else (Step("write", {"path": path}),), before=before, after=after)
