# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Give the files of an image of the classic store the label that SELinux gives them.

label.py IMAGE
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

LABEL = b"system_u:object_r:container_ro_file_t:s0\0"


def main(name: str) -> None:
    inspected = subprocess.run(["docker", "image", "inspect", name], check=True, capture_output=True).stdout
    graph = json.loads(inspected)[0]["GraphDriver"]["Data"]
    for directory in [graph["UpperDir"], *graph.get("LowerDir", "").split(":")]:
        for path in Path(directory).rglob("*"):
            if path.is_file() and not path.is_symlink():
                os.setxattr(path, "security.selinux", LABEL, follow_symlinks=False)


main(*sys.argv[1:])
