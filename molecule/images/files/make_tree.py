# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a tree of small files, one of 16 MiB and a link, or one of so many small files.

make_tree.py DIRECTORY [FILES]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

root, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300
for number in range(count):
    path = root / f"part {number % 7}" / f"file-{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{number}\n" * 50)
(root / "weights").write_bytes(os.urandom(16 * 1024**2))
(root / "latest").symlink_to("weights")
