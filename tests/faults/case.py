# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a case is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.play import Play
from tests.faults.steps import Step


@dataclass(frozen=True)
class Case:
    """A fault or a bad input, and what the product is to make of it.

    ``run`` is what the product is asked to do then. Where ``ends`` is C(refused), its one error must have what the
    regular expressions in ``says`` look for; where it is C(warned), what it shows must. Where it is C(done), it must
    succeed. Where it is C(healed), it must succeed too, or nothing is asked, and the cluster must be whole
    ``heals_within`` seconds after all engines answer. ``proof`` are commands that must succeed then.
    """

    name: str
    what: str
    ends: str = "refused"
    says: Sequence[str] = ()
    run: Play | None = None
    prepare: Sequence[Step] = ()
    proof: Sequence[Step] = ()
    restore: Sequence[Step] = ()
    heals_within: float = 60
    repeats: bool = False
    only_when_named: bool = False


@dataclass(frozen=True)
class Blamed:
    """Who brought a job down, and by what kind of finding; of what is expected, what is empty is left open."""

    host: str = ""
    rank: int | None = None
    kind: str = ""

    def covers(self, other: Blamed | None) -> bool:
        """Whether what is expected here is what was said."""
        if other is None:
            return False
        return self.host in ("", other.host) and self.rank in (None, other.rank) and other.kind in self.kind.split("|")


@dataclass
class Entry:
    """One case in artifacts/faults.json."""

    case: str
    what_was_done: str
    said: str = ""
    seconds_to_say: float | None = None
    seconds_to_heal: float | None = None
    lost: str = ""
    holds: bool = False
    seconds: float = 0
    # Of a job: whether its end was called a success that was none, and who was blamed for it and had to be.
    is_false_success: bool = False
    blamed: Blamed | None = None
    expected: Blamed | None = None

    @property
    def is_wrongly_blamed(self) -> bool:
        """Whether another host, rank or kind was named than the case has."""
        return self.expected is not None and not self.expected.covers(self.blamed)

    def as_json(self) -> dict[str, Any]:
        values = {key: round(value, 1) if isinstance(value, float) else value for key, value in vars(self).items()}
        return {**values, **{key: vars(values[key]) for key in ("blamed", "expected") if values[key]}}
