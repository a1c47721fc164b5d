# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.image.archive import read_archive
from ansible_collections.distrain.cluster.plugins.module_utils.image.compression import (
    BadArchive,
    chunks_of,
    uncompressed_archive,
)
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import (
    LAYERS,
    TestImage,
    legacy_files,
    oci_archive,
    oci_files,
    sha256,
    tar_of,
)

IMAGE = TestImage()
OTHER = TestImage((b"another",))


class Pipe(io.RawIOBase):
    """A stream that cannot be rewound, as a socket."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._rest.read(size)


@pytest.mark.parametrize("files", [oci_files, legacy_files])
@pytest.mark.parametrize("check_layers", [True, False])
@pytest.mark.parametrize("stream", [io.BytesIO, Pipe])
def test_reads_each_layout(files: Callable[..., Any], check_layers: bool, stream: Any) -> None:
    archive = read_archive(stream(tar_of(files(IMAGE, ["team/trainer:1", "team/trainer:2"]))), check_layers)
    assert archive.names == ("team/trainer:1", "team/trainer:2")
    assert archive.identity.config_digest == IMAGE.id
    assert list(archive.identity.diff_ids) == IMAGE.diff_ids
    assert archive.size == sum(map(len, LAYERS))


def test_reads_an_oci_layout_without_manifest_json() -> None:
    files = oci_files(IMAGE)
    del files["manifest.json"]
    archive = read_archive(io.BytesIO(tar_of(files)), check_layers=True)
    assert (archive.names, archive.identity.config_digest) == (("team/trainer:1",), IMAGE.id)


def test_reads_the_image_in_an_index_beside_its_attestation() -> None:
    files = oci_files(IMAGE)
    del files["manifest.json"]
    image = json.loads(files["index.json"])["manifests"][0]["digest"]
    attestation = {"digest": "sha256:none", "platform": {"architecture": "unknown"}}
    inner = json.dumps({"manifests": [{"digest": image}, attestation]}).encode()
    files[f"blobs/sha256/{sha256(inner)}"] = inner
    outer = {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": f"sha256:{sha256(inner)}",
        "annotations": {"io.containerd.image.name": "docker.io/team/trainer:1"},
    }
    files["index.json"] = json.dumps({"manifests": [outer]}).encode()
    archive = read_archive(io.BytesIO(tar_of(files)), check_layers=True)
    assert (archive.names, archive.identity.config_digest) == (("team/trainer:1",), IMAGE.id)


def several_platforms(machine: str, others: Mapping[str, TestImage | None]) -> bytes:
    """An index with C(IMAGE) for amd64, and these images for other architectures; None for one that is not there."""
    files = oci_files(IMAGE)
    first = json.loads(files["index.json"])["manifests"][0]
    manifests = [{**first, "platform": {"architecture": machine}}]
    for architecture, other in others.items():
        digest = f"sha256:{'1' * 64}"
        if other:
            more = oci_files(other)
            digest = json.loads(more["index.json"])["manifests"][0]["digest"]
            files = {**more, **files}
        manifests.append({**first, "digest": digest, "platform": {"architecture": architecture}})
    del files["manifest.json"]
    return tar_of({**files, "index.json": json.dumps({"manifests": manifests}).encode()})


@pytest.mark.parametrize("others", [{"s390x": None}, {"arm64": OTHER, "riscv64": None}])
def test_of_several_platforms_that_of_this_machine_is_read(
    others: Mapping[str, TestImage | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    archive = read_archive(io.BytesIO(several_platforms("amd64", others)), check_layers=True)
    assert archive.identity.config_digest == IMAGE.id


def test_two_images_for_this_machine_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(BadArchive, match="holds 2 images"):
        read_archive(io.BytesIO(several_platforms("arm64", {"arm64": OTHER})), check_layers=True)


def test_reads_an_image_without_a_name_and_without_layers() -> None:
    archive = read_archive(io.BytesIO(oci_archive(TestImage(()))), check_layers=True)
    assert (archive.names, archive.identity.diff_ids, archive.size) == ((), (), 0)


def test_a_layer_that_comes_twice_is_a_link() -> None:
    image = TestImage((b"same", b"top", b"same"))
    files = legacy_files(image)
    second = f"{2:064x}/layer.tar"
    del files[second]
    archive = tar_of(files, links={second: f"../{0:064x}/layer.tar"})
    assert read_archive(io.BytesIO(archive), check_layers=True).size == len(b"same" + b"top")


def test_a_compressed_layer_is_checked_by_its_blob_digest() -> None:
    files = _with_compressed_layer(TestImage((b"layer",)))
    assert read_archive(io.BytesIO(tar_of(files)), check_layers=True).identity.diff_ids == (
        f"sha256:{sha256(b'layer')}",
    )


def _with_compressed_layer(image: TestImage) -> dict[str, bytes]:
    files = oci_files(image)
    path = f"blobs/sha256/{sha256(image.layers[0])}"
    blob = gzip.compress(files.pop(path))
    files[f"blobs/sha256/{sha256(blob)}"] = blob
    entry = json.loads(files["manifest.json"])[0]
    files["manifest.json"] = json.dumps([{**entry, "Layers": [f"blobs/sha256/{sha256(blob)}"]}]).encode()
    return files


def _spoilt(path: str, content: bytes | None, files: Callable[..., dict[str, bytes]] = oci_files) -> bytes:
    changed = files(IMAGE)
    if content is None:
        del changed[path]
    else:
        changed[path] = content
    return tar_of(changed)


LAYER = f"blobs/sha256/{sha256(LAYERS[1])}"
CONFIG = f"blobs/sha256/{sha256(IMAGE.config_file)}"
TWO_IMAGES = json.dumps(
    [{"Config": CONFIG, "RepoTags": ["a:1"], "Layers": []}, {"Config": "other", "RepoTags": None, "Layers": []}]
).encode()


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "no tar file"),
        (b"hello" * 500, "no tar file"),
        (tar_of({"notes.txt": b"x"}), "without a manifest.json"),
        (tar_of({"manifest.json": b'{"manifest_version": 3}'}), "does not describe images"),
        (tar_of({"manifest.json": b"[{"}), "is not JSON"),
        (oci_archive(IMAGE, "a:1")[:30000], "truncated: it ends within blobs/sha256/"),
        (oci_archive(IMAGE, "a:1")[:1024], "truncated: it ends within blobs/sha256/"),
        (_spoilt("manifest.json", None, legacy_files), "ends before its manifest.json"),
        (_spoilt("manifest.json", TWO_IMAGES), "2 images (a:1, without a name)"),
        (_spoilt(LAYER, None), f"lacks 1 of the 3 layers of its image, the first of them {LAYER}"),
        (_spoilt(LAYER, b"wrong"), "is damaged: its layer"),
        (_spoilt(f"{1:064x}/layer.tar", b"wrong", legacy_files), "is damaged: the layer"),
        (_spoilt(CONFIG, OTHER.config_file), "is damaged: its config"),
        (_spoilt(CONFIG, b"{}"), "it has no rootfs"),
        (_spoilt(CONFIG, None), "lacks the config"),
    ],
)
@pytest.mark.parametrize("stream", [io.BytesIO, Pipe])
def test_refuses(archive: bytes, message: str, stream: Any) -> None:
    with pytest.raises(BadArchive) as refusal:
        read_archive(stream(archive), check_layers=True)
    assert message in refusal.value.message


def test_refuses_a_layer_count_that_differs() -> None:
    files = oci_files(IMAGE)
    entry = json.loads(files["manifest.json"])[0]
    files["manifest.json"] = json.dumps([{**entry, "Layers": entry["Layers"][:2]}]).encode()
    with pytest.raises(BadArchive, match="lists 2 layers, but its image has 3"):
        read_archive(io.BytesIO(tar_of(files)), check_layers=False)


def test_every_truncation_is_refused() -> None:
    whole = oci_archive(TestImage((b"a" * 700, b"b" * 700)), "a:1")
    index = whole.rindex(b'{"schemaVersion"')
    for length in range(0, index, 256):
        with pytest.raises(BadArchive):
            read_archive(io.BytesIO(whole[:length]), check_layers=True)


def zstd(content: bytes) -> bytes:
    if not shutil.which("zstd"):
        pytest.skip("zstd is not here")
    return subprocess.run(["zstd", "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout


PACKERS = [gzip.compress, lzma.compress, bz2.compress, zstd]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("check_layers", [True, False])
def test_reads_what_was_compressed_as_a_whole(
    tmp_path: Path, pack: Callable[[bytes], bytes], check_layers: bool
) -> None:
    plain = oci_archive(IMAGE, "team/trainer:1")
    (tmp_path / "archive").write_bytes(pack(plain))
    with (tmp_path / "archive").open("rb") as stream:
        archive = read_archive(stream, check_layers)
    assert (archive.names, archive.identity.config_digest) == (("team/trainer:1",), IMAGE.id)
    with (tmp_path / "archive").open("rb") as stream, uncompressed_archive(stream) as (unpacked, _compression):
        assert b"".join(chunks_of(unpacked)) == plain


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("left", [10, 200, -4])
def test_a_compressed_archive_that_is_cut_is_refused(tmp_path: Path, pack: Callable[[bytes], bytes], left: int) -> None:
    (tmp_path / "archive").write_bytes(pack(oci_archive(IMAGE, "a:1"))[:left])
    with (tmp_path / "archive").open("rb") as stream, pytest.raises(BadArchive, match="truncated or damaged: its"):
        read_archive(stream, check_layers=True)


def test_zstd_without_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "archive").write_bytes(zstd(oci_archive(IMAGE, "a:1")))
    monkeypatch.setattr(shutil, "which", lambda _command: None)
    with (
        (tmp_path / "archive").open("rb") as stream,
        pytest.raises(BadArchive, match=r"zstd.*Install the command zstd"),
    ):
        read_archive(stream, check_layers=False)


def test_what_is_compressed_and_no_archive_is_refused() -> None:
    with pytest.raises(BadArchive, match="no tar file"):
        read_archive(io.BytesIO(gzip.compress(b"notes")), check_layers=False)
