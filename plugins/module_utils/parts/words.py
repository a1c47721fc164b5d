# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sentences on what a checkpoint lacks over all hosts together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..base.durations import in_words
from ..base.printable import printable
from ..job.checkpoints import Lack
from .holding import Held, Node

# As many as can be read in one message.
_MOST_NAMED = 8
_ONE_PART, _PARTS = "part of rank {rank}", "parts of ranks {rank}"


def host_of_rank(nodes: Sequence[Node], rank: int | None) -> str:
    """Return the host that has the rank, empty where none has."""
    return next((node.host for node in nodes if rank is not None and rank in node.ranks), "")


def sentences(found: Sequence[Lack], nodes: Sequence[Node], held: Sequence[Held]) -> tuple[str, ...]:
    """Return what is lacking, parts of one kind together, each with where it is and what is wrong with it."""
    groups: dict[tuple[str, str, str], list[Lack]] = {}
    for one in found:
        groups.setdefault((one.what, host_of_rank(nodes, one.rank), _where(one, held)), []).append(one)
    return tuple(_sentences(groups))


def listed(names: Sequence[str]) -> str:
    """Return the names for a sentence, of many the first ones."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return printable(", ".join(names[:_MOST_NAMED])) + more


def lost_words(step: int, written: float | None, last_step: int | None, ended: float | None) -> str:
    """Return what is lost by going on from a checkpoint of this step, empty where that is not known.

    ``written`` is when it was written, and the attempt has ended at ``ended`` after ``last_step``.
    """
    parts = []
    if isinstance(last_step, int) and last_step >= step:
        parts.append(f"{last_step - step} {'step' if last_step - step == 1 else 'steps'}")
    if written is not None and ended is not None and ended >= written:
        parts.append(in_words(ended - written))
    if not parts:
        return ""
    return f"{' and '.join(parts)} {'is' if parts[0] == '1 step' and len(parts) == 1 else 'are'} lost."


def _sentences(groups: dict[tuple[str, str, str], list[Lack]]) -> Iterator[str]:
    for (what, host, where), some in groups.items():
        ranks = [str(one.rank) for one in some if one.rank is not None]
        if len(ranks) > 1:
            yield f"{what.replace(_ONE_PART, _PARTS).replace('{rank}', listed(ranks))} (host {host}) are {where}"
        elif ranks:
            yield f"{some[0].text} (host {host}) is {where}"
        else:
            yield f"{printable(what)} is {where}" if some[0].path else f"it lacks {printable(what)}"


def _where(lack: Lack, held: Sequence[Held]) -> str:
    """Return where what is lacking was begun, or that it is nowhere."""
    begun = sorted({one.place.host for one in held if _is_begun(lack, one)}) if lack.path else []
    return f"half-written on {listed(begun)}" if begun else "nowhere"


def _is_begun(lack: Lack, held: Held) -> bool:
    """Return whether a file is there that is lacking; of a part its path may be known but for its end."""
    return any(name.startswith(lack.path) for name in held.checkpoint.files)
