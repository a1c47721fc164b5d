# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images in an engine's directory, as both of Docker's stores keep them there."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_config
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage
from ansible_collections.distrain.cluster.plugins.module_utils.layers.overlay2 import chain_ids
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage, sha256

CONTENT = "containerd/daemon/io.containerd.content.v1.content/blobs/sha256"


def layer(
    files: Mapping[str, bytes], links: Iterable[tuple[str, str]] = (), kind: int = tarfile.PAX_FORMAT, **pax: str
) -> bytes:
    """Return a tar file of these files, and of hard links to them; ``pax`` goes into the headers of all files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.pax_headers = len(content), pax
            archive.addfile(member, io.BytesIO(content))
        for path, target in links:
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.LNKTYPE, target
            archive.addfile(member)
    return buffer.getvalue()


def tar_split(content: bytes) -> list[dict[str, Any]]:
    """Return what tar-split keeps of a tar file."""
    entries: list[dict[str, Any]] = []
    place = 0
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            entries.append({"type": 2, "payload": base64.b64encode(content[place : member.offset_data]).decode()})
            place = member.offset_data + (member.size if member.isreg() else 0)
            name = member.name.encode("utf-8", "surrogateescape")
            try:
                named = {"name": name.decode()}
            except UnicodeDecodeError:
                named = {"name_raw": base64.b64encode(name).decode()}
            entries.append({"type": 1, **named, "size": member.size, "payload": "AAAAAAAAAAA="})
    entries.append({"type": 2, "payload": base64.b64encode(content[place:]).decode()})
    return [{**entry, "position": position} for position, entry in enumerate(entries)]


def gzipped(content: bytes) -> bytes:
    """Return the same bytes at any time: the header that gzip writes has the second in it."""
    return gzip.compress(content, mtime=0)


def packed(entries: Iterable[Any]) -> bytes:
    lines = (json.dumps(entry, separators=(",", ":")) for entry in entries)
    return gzipped("".join(f"{line}\n" for line in lines).encode())


def keep_in_overlay2(root: Path, image: TestImage, name: str = "team/trainer:1") -> HeldImage:
    metadata = root / "image/overlay2"
    configs = metadata / "imagedb/content/sha256"
    configs.mkdir(parents=True, exist_ok=True)
    (configs / image.id[7:]).write_bytes(image.config_file)
    for place, chain_id in enumerate(chain_ids(image.diff_ids)):
        described = metadata / "layerdb/sha256" / chain_id[7:]
        described.mkdir(parents=True)
        (described / "diff").write_text(image.diff_ids[place])
        (described / "cache-id").write_text(f"{place:064x}")
        (described / "tar-split.json.gz").write_bytes(packed(tar_split(image.layers[place])))
        files = root / f"overlay2/{place:064x}/diff"
        files.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(image.layers[place])) as archive:
            archive.extractall(files, filter="fully_trusted")
    return HeldImage(image.id, (name,), 1000, identity_of_config(image.config_file))


def keep_in_content_store(
    root: Path, image: TestImage, pack: Callable[[bytes], bytes] = bytes, is_index: bool = False
) -> HeldImage:
    blobs = root / CONTENT
    blobs.mkdir(parents=True, exist_ok=True)

    def keep(content: bytes) -> dict[str, Any]:
        (blobs / sha256(content)).write_bytes(content)
        return {"digest": f"sha256:{sha256(content)}", "size": len(content)}

    layers = [keep(pack(one)) for one in image.layers]
    top = keep(json.dumps({"config": keep(image.config_file), "layers": layers}).encode())
    if is_index:
        attestation = {"config": keep(b'{"rootfs": {"diff_ids": []}}'), "layers": []}
        others = [{"digest": f"sha256:{'0' * 64}"}, keep(json.dumps(attestation).encode()), keep(b'{"manifests": []}')]
        top = keep(json.dumps({"manifests": [*others, top]}).encode())
    identity = identity_of_config(image.config_file)
    return HeldImage(top["digest"], ("team/trainer:1",), 1000, identity)
