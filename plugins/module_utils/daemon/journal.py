# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reason why an engine does not start, from the lines of systemd's journal."""

from __future__ import annotations

import re
from collections.abc import Iterable

# From the most specific to the least.
PATTERNS = (
    re.compile(r"unable to configure the Docker daemon with file .*"),
    re.compile(r"failed to start daemon: .*"),
    re.compile(r"failed to start cluster component: .*"),
    re.compile(r"panic: .*"),
    re.compile(r'(?<=level=fatal msg=").*(?=")'),
    re.compile(r'(?<=level=error msg=").*(?=")'),
    re.compile(r"(?i).*\b(?:error|failed|invalid|cannot|unknown|no such)\b.*"),
)
SYSTEMD = re.compile(r"^(?:docker\.service|Start(?:ing|ed)|Stopp(?:ing|ed)|Failed to start docker|Deactivated)")
LONGEST = 600


def engine_reason(lines: Iterable[str]) -> str:
    """Return the line with the reason why the engine has ended, without its prefix; empty where no line has one."""
    own = [line.strip() for line in lines if line.strip() and not SYSTEMD.match(line.strip())]
    for pattern in PATTERNS:
        for line in reversed(own):
            found = pattern.search(line)
            if found:
                return found[0][:LONGEST]
    return own[-1][:LONGEST] if own else ""
