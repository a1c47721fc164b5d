# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading an image archive, as C(docker save) writes it, without unpacking it to the disk.

Two layouts are read: the one before Docker 25 (C(ID/layer.tar) and C(ID.json)) and the OCI layout since then
(C(blobs/sha256/DIGEST)). Both may carry a C(manifest.json), which is read first; an OCI layout without one is read by
its C(index.json).
"""

from __future__ import annotations

import hashlib
import json
import platform
import posixpath
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from .archived import ArchivedImage
from .compression import BadArchive, chunks_of, uncompressed_archive
from .identity import ImageIdentity, identity_of_config
from .name import with_tag

_LARGEST_DOCUMENT = 4 * 1024**2
_CHUNK = 1024**2
# As images name what the kernel calls otherwise.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")


@dataclass
class _Contents:
    """What the archive holds: sizes, links, the small JSON files whole, and digests where they were asked for."""

    sizes: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    compressed: set[str] = field(default_factory=set)

    def resolve(self, path: str) -> str:
        """The path of the file itself: the older layout writes a layer that comes twice as a link."""
        path = posixpath.normpath(path)
        return self.links.get(path, path)


@dataclass(frozen=True)
class _Manifest:
    config: str
    layers: tuple[str, ...]
    names: tuple[str, ...]


def read_archive(stream: IO[bytes], check_layers: bool) -> ArchivedImage:
    """Read the archive; raise BadArchive where it does not hold exactly one whole image.

    ``stream`` need not be seekable. With ``check_layers`` every layer is read and its digest compared; without, a
    seekable archive is read in an instant, and a layer that is there, but damaged, goes unseen. One that is compressed
    as a whole is read to its end in either case.
    """
    with uncompressed_archive(stream) as (archive, compression):
        contents = _scan(archive, check_layers)
        if compression and check_layers:
            # What follows the archive's end holds the checksum of the whole.
            for _rest in chunks_of(archive):
                pass
    manifest = _read_manifest(contents)
    identity = _read_config(contents, manifest.config)
    if len(manifest.layers) != len(identity.diff_ids):
        raise BadArchive(
            f"The archive lists {len(manifest.layers)} layers, but its image has {len(identity.diff_ids)}."
        )
    paths = [contents.resolve(path) for path in manifest.layers]
    missing = [path for path in paths if path not in contents.sizes]
    if missing:
        raise BadArchive(
            f"The archive lacks {len(missing)} of the {len(paths)} layers of its image, the first of them "
            f"{missing[0]}. Save the image again."
        )
    if check_layers:
        for path, diff_id in zip(paths, identity.diff_ids, strict=True):
            _check_layer(contents, path, diff_id)
    return ArchivedImage(identity, manifest.names, sum(contents.sizes[path] for path in set(paths)))


def _scan(stream: IO[bytes], check_layers: bool) -> _Contents:
    contents = _Contents()
    path = ""
    try:
        with tarfile.open(fileobj=stream, mode="r:" if stream.seekable() else "r|") as archive:
            for member in archive:
                path = posixpath.normpath(member.name)
                if member.issym():
                    contents.links[path] = posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname))
                elif member.islnk():
                    contents.links[path] = posixpath.normpath(member.linkname)
                elif member.isreg():
                    _scan_file(contents, path, member.size, archive.extractfile(member), check_layers)
    except (tarfile.TarError, EOFError) as error:
        if not path:
            raise BadArchive(f"This is not an image archive: it is no tar file ({error}).") from error
        raise BadArchive(f"The archive is truncated: it ends within {path}. Save or copy it again.") from error
    return contents


def _scan_file(contents: _Contents, path: str, size: int, file: IO[bytes] | None, check_layers: bool) -> None:
    if file is None:
        return
    contents.sizes[path] = size
    if not check_layers and size > _LARGEST_DOCUMENT:
        return
    first = file.read(_LARGEST_DOCUMENT if size <= _LARGEST_DOCUMENT else _CHUNK)
    if size <= _LARGEST_DOCUMENT and first[:1] in (b"{", b"["):
        contents.documents[path] = first
    if first.startswith(_COMPRESSED):
        contents.compressed.add(path)
    if check_layers:
        digest = hashlib.sha256(first)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        contents.digests[path] = digest.hexdigest()


def _read_manifest(contents: _Contents) -> _Manifest:
    if "manifest.json" in contents.documents:
        return _read_docker_manifest(contents)
    if "index.json" in contents.documents:
        return _read_oci_index(contents)
    if any(path.startswith("blobs/") or path.endswith("/layer.tar") for path in contents.sizes):
        raise BadArchive(
            "The archive is truncated: it holds blobs of an image, but ends before its manifest.json. "
            "Save or copy it again."
        )
    raise BadArchive(
        "This is not an image archive: it is a tar file without a manifest.json. Write it with image_save."
    )


def _read_docker_manifest(contents: _Contents) -> _Manifest:
    entries = _json(contents, "manifest.json")
    if not isinstance(entries, list) or not all(isinstance(one, dict) and one.get("Config") for one in entries):
        raise BadArchive("This is not an image archive: its manifest.json does not describe images.")
    configs = {entry["Config"] for entry in entries}
    if len(configs) != 1:
        named = ", ".join(sorted(name for entry in entries for name in entry.get("RepoTags") or ["without a name"]))
        raise BadArchive(
            f"The archive holds {len(configs)} images ({named}); exactly one is wanted. Save them one by one."
        )
    names = {with_tag(name) for entry in entries for name in entry.get("RepoTags") or []}
    return _Manifest(entries[0]["Config"], tuple(entries[0].get("Layers") or ()), tuple(sorted(names)))


def _read_oci_index(contents: _Contents) -> _Manifest:
    manifests = _of_this_platform(contents, _image_manifests(contents, _json(contents, "index.json")))
    digests = {one["digest"] for one in manifests}
    if len(digests) != 1:
        raise BadArchive(f"The archive holds {len(digests)} images; exactly one is wanted. Save them one by one.")
    manifest = _json(contents, _blob(digests.pop()))
    names = {one.get("annotations", {}).get("io.containerd.image.name") for one in manifests}
    try:
        config, layers = manifest["config"]["digest"], tuple(_blob(one["digest"]) for one in manifest["layers"])
    except (KeyError, TypeError) as error:
        raise BadArchive(f"This is not an image archive: its manifest has no {error}.") from error
    return _Manifest(_blob(config), layers, tuple(sorted(with_tag(name) for name in names if name)))


def _of_this_platform(contents: _Contents, manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that an engine of this machine would take: what is in the archive, and of several platforms its own."""
    present = [one for one in manifests if _blob(one["digest"]) in contents.documents] or manifests
    machine = platform.machine()
    architecture = _ARCHITECTURES.get(machine, machine)
    own = [one for one in present if one.get("platform", {}).get("architecture") == architecture]
    return own or present


def _image_manifests(contents: _Contents, index: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The descriptors of the images of an index and of the indexes in it, without attestations."""
    found = []
    for descriptor in index.get("manifests") or []:
        if descriptor.get("platform", {}).get("architecture") == "unknown":
            continue
        if descriptor.get("mediaType") in _INDEXES:
            inner = _image_manifests(contents, _json(contents, _blob(descriptor["digest"])))
            annotations = descriptor.get("annotations", {})
            found += [{**one, "annotations": {**annotations, **one.get("annotations", {})}} for one in inner]
        else:
            found.append(descriptor)
    return found


def _read_config(contents: _Contents, path: str) -> ImageIdentity:
    config = contents.documents.get(contents.resolve(path))
    if config is None:
        raise BadArchive(f"The archive lacks the config of its image ({path}). Save or copy it again.")
    try:
        identity = identity_of_config(config)
    except ValueError as error:
        raise BadArchive(f"The config of the image in the archive cannot be read ({path}): {error}.") from error
    named_digest = posixpath.basename(path).removesuffix(".json")
    if len(named_digest) == 64 and identity.config_digest != f"sha256:{named_digest}":
        raise BadArchive(f"The archive is damaged: its config {path} has the digest {identity.config_digest}.")
    return identity


def _check_layer(contents: _Contents, path: str, diff_id: str) -> None:
    found = f"sha256:{contents.digests[path]}"
    if path.startswith("blobs/sha256/"):
        named = f"sha256:{posixpath.basename(path)}"
        if found != named:
            raise BadArchive(
                f"The archive is damaged: its layer {named} has the digest {found}. Save or copy it again."
            )
    # Of a compressed layer the digest is that of the compressed bytes; the engine compares the diff ID itself.
    if path not in contents.compressed and found != diff_id:
        raise BadArchive(f"The archive is damaged: the layer {diff_id} has the digest {found}. Save or copy it again.")


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _json(contents: _Contents, path: str) -> Any:
    if path not in contents.documents:
        raise BadArchive(f"The archive lacks {path}. Save or copy it again.")
    try:
        return json.loads(contents.documents[path])
    except ValueError as error:
        raise BadArchive(f"The archive is damaged: {path} is not JSON ({error}).") from error
