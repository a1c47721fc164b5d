# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Change the first byte of a file, and leave its size and its time of modification as they were.

change_unseen.py FILE
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

path = Path(sys.argv[1])
status = path.stat()
with path.open("r+b") as file:
    file.write(b"x")
os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
