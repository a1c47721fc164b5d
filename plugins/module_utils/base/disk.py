# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Free space on a file system of this host."""

from __future__ import annotations

import os


def free_bytes(directory: str) -> int | None:
    """Return the bytes that users other than root may write below the directory, or None where it does not exist."""
    try:
        system = os.statvfs(directory)
    except OSError:
        return None
    return system.f_bavail * system.f_frsize
