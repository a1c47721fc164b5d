# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small images and their archives in each layout, whole or spoilt, made in memory."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LAYERS = (b"the base" * 2000, b"the libraries" * 2000, b"the program" * 2000)
CONFIG = {"Env": ["PATH=/bin"], "Cmd": ["/bin/train"], "WorkingDir": "/"}


@dataclass(frozen=True)
class TestImage:
    """An image by the bytes of its layers and its config."""

    __test__ = False
    layers: tuple[bytes, ...] = LAYERS
    config: Mapping[str, Any] = field(default_factory=lambda: CONFIG)

    @property
    def diff_ids(self) -> list[str]:
        return [f"sha256:{sha256(layer)}" for layer in self.layers]

    @property
    def config_file(self) -> bytes:
        rootfs = {"type": "layers", "diff_ids": self.diff_ids}
        document = {"architecture": "amd64", "os": "linux", "config": self.config, "rootfs": rootfs}
        return json.dumps(document).encode()

    @property
    def id(self) -> str:
        return f"sha256:{sha256(self.config_file)}"

    def inspected(self, *names: str, image_id: str | None = None) -> dict[str, Any]:
        return {
            "Id": image_id or self.id,
            "RepoTags": list(names),
            "Size": sum(map(len, self.layers)),
            "Architecture": "amd64",
            "Os": "linux",
            "Config": {"Hostname": "", "Tty": False, "User": "", "Labels": None, "Volumes": None, **self.config},
            "RootFS": {"Type": "layers", "Layers": self.diff_ids},
        }


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tar_of(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for path, linked in (links or {}).items():
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, linked
            archive.addfile(member)
    return buffer.getvalue()


def oci_files(image: TestImage, names: Sequence[str] = ("team/trainer:1",)) -> dict[str, bytes]:
    """As Docker writes it since 25."""
    blobs = {f"blobs/sha256/{sha256(blob)}": blob for blob in (*image.layers, image.config_file)}
    paths = [f"blobs/sha256/{sha256(layer)}" for layer in image.layers]
    described = {
        "config": {"digest": image.id},
        "layers": [{"digest": f"sha256:{sha256(layer)}"} for layer in image.layers],
    }
    described_blob = json.dumps(described).encode()
    found = [
        {"digest": f"sha256:{sha256(described_blob)}", "annotations": {"io.containerd.image.name": f"docker.io/{name}"}}
        for name in names
    ]
    entry = {"Config": f"blobs/sha256/{sha256(image.config_file)}", "RepoTags": list(names) or None, "Layers": paths}
    return {
        **blobs,
        f"blobs/sha256/{sha256(described_blob)}": described_blob,
        "index.json": json.dumps({"schemaVersion": 2, "manifests": found}).encode(),
        "manifest.json": json.dumps([entry]).encode(),
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
    }


def legacy_files(image: TestImage, names: Sequence[str] = ("team/trainer:1",)) -> dict[str, bytes]:
    """As Docker wrote it before 25."""
    config = f"{sha256(image.config_file)}.json"
    paths = [f"{index:064x}/layer.tar" for index in range(len(image.layers))]
    entry = {"Config": config, "RepoTags": list(names), "Layers": paths}
    return {
        **dict(zip(paths, image.layers, strict=True)),
        config: image.config_file,
        "manifest.json": json.dumps([entry]).encode(),
    }


def oci_archive(image: TestImage, *names: str) -> bytes:
    return tar_of(oci_files(image, names))
