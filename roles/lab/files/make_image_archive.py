# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a file system's tar file the one layer of an image's archive, as docker load reads it; no engine is needed."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import tarfile
from datetime import datetime, timezone
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
LAYER = "layer.tar"


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1024**2):
            digest.update(chunk)
    return digest.hexdigest()


def config_of(layer: Path, environment: list[str], command: list[str]) -> bytes:
    """Return the image's config, whose SHA-256 is the image's identity."""
    now = datetime.now(timezone.utc).isoformat()
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": now,
        "config": {"Env": environment, "Cmd": command},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256_of(layer)}"]},
        "history": [{"created": now, "created_by": "mmdebstrap"}],
    }
    return json.dumps(config).encode()


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layer", type=Path, help="the tar file of the file system")
    parser.add_argument("archive", type=Path)
    parser.add_argument("name", help="the image's name and tag")
    parser.add_argument("--environment", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--command", action="append", default=[])
    given = parser.parse_args()
    config = config_of(given.layer, given.environment, given.command)
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": [given.name], "Layers": [LAYER]}]
    os.umask(0o077)
    unfinished = given.archive.with_name(f"{given.archive.name}.unfinished")
    with tarfile.open(unfinished, "w") as archive:
        add(archive, config_name, config)
        archive.add(given.layer, LAYER)
        add(archive, "manifest.json", json.dumps(manifest).encode())
    unfinished.rename(given.archive)


if __name__ == "__main__":
    main()
