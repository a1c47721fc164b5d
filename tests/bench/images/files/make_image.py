# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on the host that sends: make an image of random bytes, and say how large its layers are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

NAME, WORK = sys.argv[1], Path(sys.argv[2])
LAYERS, LAYER_BYTES, FILE_BYTES = map(int, sys.argv[3:6])
IS_NEW_TOP = sys.argv[6] == "new-top"


def fill(folder: Path) -> None:
    """Of random bytes: nothing that could compress them is of use to anybody."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, LAYER_BYTES, FILE_BYTES)):
        inner = folder / str(number // 500)
        inner.mkdir(exist_ok=True)
        (inner / str(number)).write_bytes(os.urandom(min(FILE_BYTES, LAYER_BYTES - start)))


def build() -> None:
    folders = [WORK / f"layer-{number}" for number in range(LAYERS)]
    for folder in folders[-1:] if IS_NEW_TOP else folders:
        fill(folder)
    lines = ["FROM scratch", *(f"COPY {folder.name} /{folder.name}" for folder in folders), 'CMD ["/none"]']
    (WORK / "Dockerfile").write_text("\n".join(lines) + "\n")
    subprocess.run(["docker", "build", "--quiet", "--tag", NAME, str(WORK)], check=True, stdout=subprocess.DEVNULL)


def layer_sizes() -> list[int]:
    """As the archive of docker save has them."""
    sizes: dict[str, int] = {}
    layers: list[str] = []
    with (
        subprocess.Popen(["docker", "save", NAME], stdout=subprocess.PIPE) as saving,
        tarfile.open(fileobj=saving.stdout, mode="r|") as archive,
    ):
        for member in archive:
            sizes[member.name] = member.size
            if member.name == "manifest.json":
                manifest = archive.extractfile(member)
                layers = json.load(manifest)[0]["Layers"] if manifest else []
    return [sizes[layer] for layer in layers]


build()
print(json.dumps(layer_sizes()))
