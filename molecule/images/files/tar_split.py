# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Change what the classic store keeps of a layer's tar file.

tar_split.py DIFF_ID future     give each line a key that no reader knows; the engine passes over it
tar_split.py DIFF_ID cut        take its last bytes away
tar_split.py DIFF_ID missing    remove it
tar_split.py DIFF_ID restore    put it back
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path

LAYERS = Path("/var/lib/docker/image/overlay2/layerdb/sha256")
KEPT = Path("/var/lib/distrain/images/tar-split.json.gz")


def main(diff_id: str, act: str) -> None:
    layer = next(path.parent for path in LAYERS.glob("*/diff") if path.read_text() == diff_id)
    path = layer / KEPT.name
    if act == "restore":
        shutil.copy2(KEPT, path)
        return
    shutil.copy2(path, KEPT)
    content = path.read_bytes()
    if act == "missing":
        path.unlink()
    elif act == "cut":
        path.write_bytes(content[:-20])
    else:
        lines = ({**json.loads(line), "version": 2} for line in gzip.decompress(content).splitlines())
        path.write_bytes(gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode()))


main(*sys.argv[1:])
