# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the first line of a connection to a host: what a keeper asks for, and in which turn it keeps its job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

REFUSED = "refused"


@dataclass(frozen=True)
class Turn:
    """The job as it was given, and the number of the turn in which it is kept: 0 where one host alone can keep it."""

    run: str = ""
    term: int = 0

    def is_older_than(self, other: Turn) -> bool:
        """Whether a keeper of this turn comes too late. Of another run only the newest has keys of the job."""
        return self.run == other.run and self.term < other.term


def greeting_of(program: str, turn: Turn) -> dict[str, object]:
    return {"program": program, "run": turn.run, "term": turn.term}


def greeting_in(line: bytes) -> tuple[str, Turn]:
    """Return the program and the turn that a first line names; the program is empty where it names none."""
    try:
        found = json.loads(line)
        if isinstance(found, Mapping):
            return str(found.get("program") or ""), Turn(str(found.get("run") or ""), int(found.get("term") or 0))
    except (ValueError, TypeError, RecursionError):
        pass
    return "", Turn()
