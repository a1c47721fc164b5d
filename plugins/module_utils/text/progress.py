# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A line of progress: text for any callback, and with a share for one that shows progress in place."""

from __future__ import annotations


class Progress(str):
    """The text of a line that replaces the one before it with the same ``about``.

    ``percent`` is from 0 to 100, or None where it is not known. Display carries it from a worker to the process that
    prints, where another callback sees nothing but the text.
    """

    __slots__ = ("about", "percent")
    about: str
    percent: float | None

    def __new__(cls, text: str, about: str, percent: float | None = None) -> Progress:
        made = super().__new__(cls, text)
        made.about = about
        made.percent = percent
        return made

    def __reduce__(self) -> tuple[type[Progress], tuple[str, str, float | None]]:
        return type(self), (str(self), self.about, self.percent)
