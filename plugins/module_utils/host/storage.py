# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of file systems that paths lie on."""

from __future__ import annotations

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def file_system_of(path: str, mounts: str | None = None) -> str:
    """Return the kind, such as C(ext4) or C(nfs4), of the file system on which a path lies or would be made.

    ``mounts`` is the content of C(/proc/self/mountinfo). Empty where no mount point holds the path.
    """
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in (MOUNTS.read_text() if mounts is None else mounts).splitlines():
        before, _separator, after = line.partition(" - ")
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), before.split()[4])
        # Of two mounts at one place the later one is seen.
        if len(point) >= len(best) and (real == point or real.startswith(f"{point.rstrip('/')}/")):
            best, kind = point, after.split()[0]
    return kind
