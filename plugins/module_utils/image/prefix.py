# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prefix images: an image of the lowest layers of another, so that an engine takes and keeps them one by one.

An archive of one is written with the layers in front, as they come, and all that makes it an image at its end. It is an
OCI layout, which the containerd store reads, with a manifest.json, which the classic store reads; layers that the
engine has already are named in it and not carried.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .identity import ImageIdentity

REPOSITORY = "distrain-prefix"
_BLOCK = 512
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class WantedImage:
    """The image that is to come: its name, what it is, and for which machines.

    ``sizes`` are those of the uncompressed layers in bytes, None where one is not known.
    """

    name: str
    identity: ImageIdentity
    architecture: str
    os: str = "linux"
    variant: str = ""
    sizes: tuple[int | None, ...] = ()

    @property
    def repository(self) -> str:
        """What the names of its prefix images begin with.

        By its fingerprint, since the containerd store does not report a config's digest before the image is saved.
        """
        return f"{REPOSITORY}/{self.identity.fingerprint.rpartition(':')[2][:12]}"

    def prefix_name(self, layers: int) -> str:
        """The name of its prefix image of this many layers."""
        return f"{self.repository}:{layers}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "identity": self.identity.to_dict(),
            "architecture": self.architecture,
            "os": self.os,
            "variant": self.variant,
            "sizes": list(self.sizes),
        }

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> WantedImage:
        return cls(
            written["name"],
            ImageIdentity.from_dict(written["identity"]),
            written["architecture"],
            written["os"],
            written["variant"],
            tuple(written["sizes"]),
        )


@dataclass(frozen=True)
class Closing:
    """The end of an archive, which makes an image of its layers, and the IDs that this image gets."""

    content: bytes
    config_digest: str
    manifest_digest: str


def wanted_image(
    name: str, identity: ImageIdentity, inspected: Mapping[str, Any], sizes: Sequence[int | None]
) -> WantedImage:
    """The image as the engine that has it shows it, with the sizes that the spool knows."""
    return WantedImage(
        name,
        identity,
        inspected.get("Architecture") or "",
        inspected.get("Os") or "linux",
        inspected.get("Variant") or "",
        tuple(sizes),
    )


def prefix_config(wanted: WantedImage, layers: int) -> bytes:
    """The config of a prefix image; the same bytes every time."""
    config: dict[str, Any] = {
        "architecture": wanted.architecture,
        "os": wanted.os,
        "created": "1970-01-01T00:00:00Z",
        "config": {},
        "history": [{"created_by": "distrain"}] * layers,
        "rootfs": {"type": "layers", "diff_ids": list(wanted.identity.diff_ids[:layers])},
    }
    if wanted.variant:
        config["variant"] = wanted.variant
    return _json(config)


def new_layer_path() -> str:
    """Return a path for the layer that an archive carries, which no other archive has.

    Containerd keeps what has come of an entry whose archive was cut, by the entry's path, and appends to that what
    comes under the same path next, whatever its bytes are (WriteBlob and Copy of its package content).
    """
    return f"layers/{uuid.uuid4().hex}"


def layer_header(path: str, size: int) -> bytes:
    """What stands in an archive before the bytes of a layer."""
    return _header(path, size)


def padding(size: int) -> bytes:
    """What has to follow a file of this size."""
    return bytes(-size % _BLOCK)


def closing(
    name: str, config: bytes, diff_ids: Sequence[str], sizes: Sequence[int], carried: str | None = None
) -> Closing:
    """The rest of an archive: an image of these layers, from the lowest up, under this name.

    ``carried`` is the path of the highest layer in the archive, None where the engine has all of them.
    """
    config_digest = _digest(config)
    layers = [{"mediaType": _LAYER, "digest": diff_id, "size": size} for diff_id, size in _pairs(diff_ids, sizes)]
    described = {"mediaType": _CONFIG, "digest": config_digest, "size": len(config)}
    manifest = _json({"schemaVersion": 2, "mediaType": _MANIFEST, "config": described, "layers": layers})
    annotations = {
        "io.containerd.image.name": f"docker.io/{name}",
        "org.opencontainers.image.ref.name": name.rpartition(":")[2],
    }
    found = {
        "mediaType": _MANIFEST,
        "digest": _digest(manifest),
        "size": len(manifest),
        "annotations": annotations,
    }
    paths = [_blob(diff_id) for diff_id in diff_ids]
    paths = [*paths[:-1], carried] if carried else paths
    entry = {"Config": _blob(config_digest), "RepoTags": [name], "Layers": paths}
    files = {
        _blob(config_digest): config,
        _blob(_digest(manifest)): manifest,
        "index.json": _json({"schemaVersion": 2, "manifests": [found]}),
        "manifest.json": _json([entry]),
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
    }
    written = b"".join(_header(path, len(file)) + file + padding(len(file)) for path, file in files.items())
    return Closing(written + bytes(2 * _BLOCK), config_digest, _digest(manifest))


def _pairs(diff_ids: Sequence[str], sizes: Sequence[int]) -> list[tuple[str, int]]:
    if len(diff_ids) != len(sizes):
        raise ValueError(f"{len(diff_ids)} layers have {len(sizes)} sizes")
    return [(diff_id, sizes[index]) for index, diff_id in enumerate(diff_ids)]


def _header(path: str, size: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.size = size
    member.mode = 0o644
    return member.tobuf(tarfile.GNU_FORMAT)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
