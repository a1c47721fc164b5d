# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kill the rank of this host and remove all that the host has of the job's checkpoints, as if its disk had gone.

lose_disk.py DIRECTORY...
"""

from __future__ import annotations

import shutil
import subprocess
import sys


def main() -> None:
    subprocess.run(["pkill", "--signal", "KILL", "--full", "^python3 /app/code/training.py"], check=True)
    for directory in sys.argv[1:]:
        shutil.rmtree(directory, ignore_errors=True)
        print(f"removed {directory}")


main()
