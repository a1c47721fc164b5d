# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper remembers of the checkpoints of its job, in a file of the job's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from .place import Place, read_json, write_json


@dataclass
class Known:
    """``since`` is when the run has begun anew, in seconds since the epoch; older checkpoints are of another run.

    ``whole`` is the newest checkpoint that was seen whole over all hosts, ``copied`` the one of which every host's
    files are on the next host too; both are empty for none. ``is_spread`` says that no host has all of ``whole``.
    """

    run: str = ""
    since: float = 0.0
    whole: str = ""
    copied: str = ""
    is_spread: bool = False
    has_warned: bool = False

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Known:
        return cls(**{one.name: found[one.name] for one in fields(cls) if one.name in found})


class CheckpointMemory:
    """What is known in the run ``run``; one that resumes goes on from what the run before has known."""

    def __init__(self, place: Place, run: str, resumes: bool) -> None:
        self._place = place
        kept = read_known(place)
        self.known = kept if kept.run == run or resumes else Known()
        self.known.run = run

    @property
    def names(self) -> list[str]:
        """The checkpoints that may not be among the newest ones of each host."""
        return sorted({self.known.whole, self.known.copied} - {""})

    def keep(self, **changes: Any) -> None:
        """Change what is known; what cannot be written, as on a full disk, is known until the end of the process."""
        for name, value in changes.items():
            setattr(self.known, name, value)
        try:
            write_known(self._place, self.known)
        except ClusterError:
            return


def read_known(place: Place) -> Known:
    """Return what was kept last, whichever run it is of."""
    try:
        found: Mapping[str, Any] = read_json(_file(place))
    except ClusterError:
        found = {}
    return Known.of(found)


def write_known(place: Place, known: Known) -> None:
    """Raise ClusterError where it cannot be written."""
    write_json(_file(place), asdict(known))


def _file(place: Place) -> Path:
    return place.directory / "checkpoints.json"
