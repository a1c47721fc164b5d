# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of the bench, made of random bytes on the host that sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.bench.images.lab import Lab
from tests.bench.images.options import Options

_MAKER = Path(__file__).parent / "files" / "make_image.py"
_MB = 1000**2
_SMALL_FILE = 8 * 1024
_LARGE_FILE = 4 * 1024**2
_FEW = 4


@dataclass(frozen=True)
class Image:
    name: str
    layers: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return sum(self.layers)


def make_images(lab: Lab, options: Options) -> dict[str, Image]:
    """By shape. C(changed) is C(layers) with another top layer."""
    lab.run_on(lab.source, "mkdir -p /var/lib/bench")
    lab.put(lab.source, _MAKER.read_bytes(), "/var/lib/bench/make_image.py")
    size, many, files = options.size * _MB, options.many_layers, options.files_size * _MB
    made = {
        "layers": _make(lab, "layers", "layers", _FEW, size // _FEW, _LARGE_FILE),
        "changed": _make(lab, "changed", "layers", _FEW, size // _FEW, _LARGE_FILE, "new-top"),
        "files": _make(lab, "files", "files", _FEW, files // _FEW, _SMALL_FILE),
        "huge": _make(lab, "huge", "huge", 1, size, size),
        "many": _make(lab, "many", "many", many, size // many, _LARGE_FILE),
        "large": _make(lab, "large", "large", _FEW, options.uncapped_size * _MB // _FEW, _LARGE_FILE),
    }
    lab.run_on(lab.source, "rm -r /var/lib/bench/made; docker builder prune --all --force")
    return made


def _make(lab: Lab, shape: str, folder: str, layers: int, layer: int, file: int, top: str = "all") -> Image:
    name = f"bench/{shape}:1"
    command = f"python3 /var/lib/bench/make_image.py {name} /var/lib/bench/made/{folder} {layers} {layer} {file} {top}"
    return Image(name, tuple(json.loads(lab.run_on(lab.source, command).splitlines()[-1])))
