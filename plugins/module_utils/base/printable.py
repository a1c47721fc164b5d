# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make text of a container safe for a terminal: no control characters, bounded length."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 2000
# Characters kept of the end of a line that is too long: the reason often stands there.
_KEPT_END = 400
# Escape sequences: those with a string (OSC, DCS, SOS, PM, APC) with their end, CSI, and the short ones.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\r\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_TABS = re.compile(r"\t")
# C0 and C1, surrogates, and what changes the direction of text, ends a line or has no width.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)


def printable(line: str, longest: int = LONGEST) -> str:
    """Return one line without escape sequences and control characters, of at most ``longest`` characters.

    Of a longer one the middle is replaced by a note that says how many characters were left out.
    """
    if len(line) <= longest and line.isprintable():
        return line.rstrip()
    # Shorten first, so that the patterns take bounded time; escape sequences take room that is removed afterwards.
    clean = _UNPRINTABLE.sub("", _TABS.sub(" ", _ESCAPES.sub("", _shortened(line, 16 * longest))))
    return _shortened(clean.rstrip(), longest)


def drawn_lines(text: str) -> Iterator[tuple[str, ...]]:
    """Yield for each line that is not blank its versions between carriage returns, as printable text."""
    for line in text.split("\n"):
        drawn = tuple(clean for part in line.split("\r") if part.strip() and (clean := printable(part)).strip())
        if drawn:
            yield drawn


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    kept_end = min(_KEPT_END, longest // 4)
    note = f" [{len(text) - longest} characters left out] "
    start = max(0, longest - kept_end - len(note))
    return text[:start] + note + text[len(text) - kept_end :] if start else text[:longest]
