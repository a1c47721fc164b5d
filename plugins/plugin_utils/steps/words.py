# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: times and errors in few words."""

from __future__ import annotations

import re

from ansible_collections.distrain.cluster.plugins.module_utils.base.durations import in_words

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_REMEDIES = (
    "Add Bring Build Check Choose Connect Copy Correct Create Delete Empty Enable Fill Free Give Install Leave Let "
    "Look Lower Make Mount Move Name Open Put Raise Remove Repair Restart Resume Run Save Set Shorten Start Stop Take "
    "Try Unlock Unset Use Wait Write"
).split()
_REMEDY = re.compile(rf"(?:{'|'.join(_REMEDIES)})\s+(?!or\b)\S")


def clock(seconds: float) -> str:
    """Return C(0:41), C(12:05) or C(1:02:03)."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def took(seconds: float) -> str:
    """Return how long something took; tenths only where they are most of it."""
    return f"{seconds:.1f} s" if seconds < 1 else in_words(seconds)


def remedy_first(message: str) -> list[str]:
    """Return the lines of an error, those that say what to do before those that say what was found.

    What to do begins with a verb such as Set or Run, and goes to the end. A message of several lines, or about several
    things with what to do about each, is left in its order.
    """
    text = message.strip()
    sentences = _SENTENCE_END.split(text)
    what_to_do = [number for number, one in enumerate(sentences) if _REMEDY.match(one)]
    if "\n" in text or not what_to_do or what_to_do != list(range(what_to_do[0], what_to_do[-1] + 1)):
        return text.split("\n") if text else []
    first = what_to_do[0]
    return [part for part in (" ".join(sentences[first:]), " ".join(sentences[:first])) if part]
