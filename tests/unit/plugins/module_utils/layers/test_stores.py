# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Layers and configs where both stores keep them, whole and spoilt."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage
from ansible_collections.distrain.cluster.plugins.module_utils.layers import content_store, overlay2
from ansible_collections.distrain.cluster.plugins.module_utils.layers.content_store import ContentStoreImage
from ansible_collections.distrain.cluster.plugins.module_utils.layers.overlay2 import Overlay2Image, chain_ids
from ansible_collections.distrain.cluster.plugins.module_utils.layers.stored import StoredImage, Unreadable
from ansible_collections.distrain.cluster.plugins.module_utils.layers.stores import stored_image
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage, sha256
from ansible_collections.distrain.cluster.tests.unit.support.stored_images import (
    CONTENT,
    gzipped,
    keep_in_content_store,
    keep_in_overlay2,
    layer,
    packed,
    tar_split,
)

LONG = "/".join(["d" * 90] * 4)
IMAGE = TestImage(
    layers=(
        layer({"bin/a": b"a" * 3000, "bin/b": b"", LONG: b"long", "c": b"c" * 512, "bin/d": b"d"}, [("hard", "bin/a")]),
        layer({"n\udcff": b"no UTF-8", ".wh.c": b"", "bin/.wh..wh..opq": b""}, kind=tarfile.GNU_FORMAT),
        layer({"x": b"xattr"}, **{"SCHILY.xattr.user.a": "b", "comment": "\u00fc"}) + bytes(70_000),
    )
)
SECOND = IMAGE.diff_ids[1]


def zstd(content: bytes) -> bytes:
    return subprocess.run(["zstd", "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout


def stored(root: Path, kind: str, image: TestImage = IMAGE) -> StoredImage:
    if kind == "overlay2":
        return Overlay2Image(str(root), keep_in_overlay2(root, image))
    if kind == "zstd" and not shutil.which("zstd"):
        pytest.skip("zstd is not here")
    pack: Callable[[bytes], bytes] = {"gzip": gzipped, "zstd": zstd}.get(kind, bytes)
    return ContentStoreImage(str(root), keep_in_content_store(root, image, pack, kind == "index"))


@pytest.mark.parametrize("chunk", [700, 1024**2])
@pytest.mark.parametrize("kind", ["overlay2", "plain", "gzip", "zstd", "index"])
def test_a_store_gives_the_very_bytes(tmp_path: Path, kind: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay2, "_CHUNK", chunk)
    monkeypatch.setattr(content_store, "CHUNK", chunk)
    image = stored(tmp_path, kind)
    assert image.config() == IMAGE.config_file
    for place, diff_id in enumerate(IMAGE.diff_ids):
        image.check(diff_id)
        content = IMAGE.layers[place]
        assert image.known_size(diff_id) == (None if kind in ("gzip", "zstd") else len(content))
        assert b"".join(image.chunks(diff_id)) == content
        assert image.size(diff_id) == image.known_size(diff_id) == len(content)


GIB = 2**30


@pytest.mark.parametrize(
    ("size", "estimate", "expected"),
    [
        (5 * 512, 5 * 512, 5 * 512),
        (5 * 512, 0, None),
        (5 * 512 + 1, 5 * 512, None),
        (5 * 512, 9 * 512, None),
        (GIB, 5 * GIB - 4096, 5 * GIB),
        (GIB, 9 * GIB + 4096, 9 * GIB),
        (4096, 4 * GIB - 4096, 4 * GIB + 4096),
        (4 * GIB - 512, 4 * GIB + 4096, 4 * GIB - 512),
        (2 * GIB, 16 * 1024**2, None),
    ],
)
def test_the_size_at_the_end_of_a_large_gzip_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, estimate: int, expected: int | None
) -> None:
    monkeypatch.setattr(content_store, "_SOON_UNPACKED", 1)
    spoilt = [gzipped(one)[:-4] + (size % 2**32).to_bytes(4, "little") for one in IMAGE.layers]
    pack = dict(zip(IMAGE.layers, spoilt, strict=True)).__getitem__
    held = keep_in_content_store(tmp_path, IMAGE, pack)
    image = ContentStoreImage(str(tmp_path), held, {SECOND: estimate})
    if expected is None:
        with pytest.raises(Unreadable, match="gzip layer"):
            image.size(SECOND)
    else:
        assert image.size(SECOND) == expected


def test_a_layer_that_comes_twice(tmp_path: Path) -> None:
    twice = TestImage(layers=(*IMAGE.layers, IMAGE.layers[0]))
    for place, kind in enumerate(["overlay2", "plain"]):
        image = stored(tmp_path / str(place), kind, twice)
        assert b"".join(image.chunks(IMAGE.diff_ids[0])) == IMAGE.layers[0]


def test_a_chain_of_ids() -> None:
    second = f"sha256:{sha256(b'sha256:1 sha256:2')}"
    assert chain_ids(["sha256:1", "sha256:2"]) == ["sha256:1", second]
    assert chain_ids([]) == []


def described(root: Path) -> Path:
    return root / "image/overlay2/layerdb/sha256" / chain_ids(IMAGE.diff_ids)[1][7:]


def files(root: Path) -> Path:
    return root / f"overlay2/{1:064x}/diff"


def in_file(root: Path) -> Path:
    return next(path for path in files(root).iterdir() if path.name.startswith("n"))


def replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def link(path: Path, target: str) -> None:
    if path.is_dir():
        path.rename(path.with_name("moved"))
    else:
        path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda root: shutil.rmtree(described(root)), "No such file"),
        (lambda root: (described(root) / "diff").write_text("sha256:0"), "has 'sha256:0' in its place"),
        (lambda root: (described(root) / "cache-id").write_text("../../etc"), "its cache-id is"),
        (lambda root: (described(root) / "cache-id").write_bytes(b"\xff" * 9), "its cache-id is"),
        (lambda root: (described(root) / "tar-split.json.gz").unlink(), "No such file"),
        (lambda root: link(described(root) / "tar-split.json.gz", "/etc/passwd"), "Not a regular file"),
        (lambda root: shutil.rmtree(files(root)), "No such file"),
        (lambda root: link(files(root), "moved"), "symbolic link|Not a directory"),
    ],
)
def test_what_is_found_before_a_byte_is_sent(tmp_path: Path, spoil: Callable[[Path], object], why: str) -> None:
    image = stored(tmp_path, "overlay2")
    spoil(tmp_path)
    with pytest.raises(Unreadable, match=why):
        image.check(SECOND)
    image.check(IMAGE.diff_ids[0])


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda root: in_file(root).unlink(), r"No such file or directory \(n"),
        (lambda root: replace(in_file(root), b"shorter"), "has 7 bytes instead of 8"),
        (lambda root: link(in_file(root), "/etc/passwd"), "Not a regular file"),
        (lambda root: (in_file(root).unlink(), os.mkfifo(files(root) / "n\udcff")), "Not a regular file"),
        (
            lambda root: (described(root) / "tar-split.json.gz").write_bytes(packed(tar_split(IMAGE.layers[1]))[:-9]),
            "is damaged",
        ),
    ],
)
def test_what_is_found_while_a_layer_is_read(tmp_path: Path, spoil: Callable[[Path], object], why: str) -> None:
    image = stored(tmp_path, "overlay2")
    spoil(tmp_path)
    image.check(SECOND)
    with pytest.raises(Unreadable, match=why):
        list(image.chunks(SECOND))
    assert not [path for path in Path("/proc/self/fd").iterdir() if str(tmp_path) in os.path.realpath(path)]


def test_no_link_is_followed_within_a_layer(tmp_path: Path) -> None:
    image = stored(tmp_path, "overlay2")
    link(tmp_path / f"overlay2/{0:064x}/diff/bin", "moved")
    with pytest.raises(Unreadable, match="Not a directory"):
        list(image.chunks(IMAGE.diff_ids[0]))


def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = stored(tmp_path, "overlay2")
    monkeypatch.setattr(overlay2, "_CHUNK", 1000)
    chunks = image.chunks(IMAGE.diff_ids[0])
    next(chunks), next(chunks)
    os.truncate(tmp_path / f"overlay2/{0:064x}/diff/bin/a", 100)
    with pytest.raises(Unreadable, match=r"bin/a was cut while it was read"):
        list(chunks)


def blob(root: Path, content: bytes) -> Path:
    return root / CONTENT / sha256(content)


@pytest.mark.parametrize("pack", [bytes, gzipped])
def test_a_removed_blob_is_noticed_or_read_to_its_end(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    image = ContentStoreImage(str(tmp_path), keep_in_content_store(tmp_path, IMAGE, pack))
    chunks = image.chunks(SECOND)
    first = next(chunks)
    blob(tmp_path, pack(IMAGE.layers[1])).unlink()
    assert first + b"".join(chunks) == IMAGE.layers[1]
    for act in (image.check, image.size, lambda diff_id: list(image.chunks(diff_id))):
        with pytest.raises(Unreadable, match="No such file"):
            act(SECOND)


def test_a_packed_blob_that_is_cut(tmp_path: Path) -> None:
    image = stored(tmp_path, "gzip")
    path = blob(tmp_path, gzipped(IMAGE.layers[1]))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Unreadable, match="gzip layer"):
        image.size(SECOND)


def rewrite(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, HeldImage], HeldImage]:
    def spoil(root: Path, held: HeldImage) -> HeldImage:
        document = json.loads((root / CONTENT / held.id[7:]).read_bytes())
        change(document)
        content = json.dumps(document).encode()
        blob(root, content).write_bytes(content)
        return HeldImage(f"sha256:{sha256(content)}", held.names, held.size, held.identity)

    return spoil


def without(content: bytes) -> Callable[[Path, HeldImage], HeldImage]:
    return lambda root, held: (blob(root, content).unlink(), held)[1]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda root, held: (shutil.rmtree(root / CONTENT), held)[1], "neither .* has the blob sha256:"),
        (lambda root, held: (blob(root, IMAGE.config_file).write_bytes(b"{}"), held)[1], "is damaged"),
        (without(IMAGE.config_file), "No such file"),
        (rewrite(lambda found: found.update(layers=found["layers"][:2])), "of an unknown kind"),
        (rewrite(lambda found: found.pop("config")), "of an unknown kind"),
        (rewrite(lambda found: found.update(layers=[{"digest": "../../x"}] * 3, manifests=[])), "describes this image"),
        (rewrite(lambda found: found.update(config=found["layers"][0])), "describes this image"),
    ],
)
def test_a_manifest_that_cannot_be_used(
    tmp_path: Path, spoil: Callable[[Path, HeldImage], HeldImage], why: str
) -> None:
    held = spoil(tmp_path, keep_in_content_store(tmp_path, IMAGE))
    with pytest.raises(Unreadable, match=why):
        ContentStoreImage(str(tmp_path), held)


def foreign(layer: dict[str, Any]) -> None:
    media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    layer.update(mediaType=media_type, urls=["https://example.org/layer"])


def test_a_foreign_layer_is_read_where_it_is_and_missed_where_it_is_not(tmp_path: Path) -> None:
    held = keep_in_content_store(tmp_path, IMAGE, gzipped)
    held = rewrite(lambda found: foreign(found["layers"][1]))(tmp_path, held)
    image = ContentStoreImage(str(tmp_path), held)
    assert b"".join(image.chunks(SECOND)) == IMAGE.layers[1]
    blob(tmp_path, gzipped(IMAGE.layers[1])).unlink()
    with pytest.raises(Unreadable, match="No such file"):
        image.check(SECOND)


def test_of_several_platforms_the_image_itself_is_found(tmp_path: Path) -> None:
    other = TestImage(layers=(layer({"arm": b"arm"}),), config={"Cmd": ["/arm"]})
    held, elsewhere = keep_in_content_store(tmp_path, IMAGE), keep_in_content_store(tmp_path, other)
    manifests = [{"digest": one.id} for one in (elsewhere, held)]
    content = json.dumps({"manifests": manifests}).encode()
    blob(tmp_path, content).write_bytes(content)
    image = ContentStoreImage(str(tmp_path), HeldImage(f"sha256:{sha256(content)}", (), 1000, held.identity))
    assert image.config() == IMAGE.config_file
    assert b"".join(image.chunks(SECOND)) == IMAGE.layers[1]


def test_a_digest_leads_nowhere_else(tmp_path: Path) -> None:
    change = rewrite(lambda found: found.update(layers=[{"digest": "sha256:../../../../x"}] * 3))
    image = ContentStoreImage(str(tmp_path), change(tmp_path, keep_in_content_store(tmp_path, IMAGE)))
    with pytest.raises(Unreadable, match="Leads out of the directory"):
        image.check(SECOND)


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"Driver": "overlay2"}, Overlay2Image),
        ({"Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}, ContentStoreImage),
        ({"Driver": "btrfs"}, "the storage driver is btrfs, not overlay2"),
        ({"Driver": "vfs"}, "the storage driver is vfs, not overlay2"),
        ({"Driver": "fuse-overlayfs"}, "the storage driver is fuse-overlayfs, not overlay2"),
        ({"Driver": "zfs"}, "the storage driver is zfs, not overlay2"),
        ({}, "the storage driver is None"),
    ],
)
def test_which_store_it_is(tmp_path: Path, info: dict[str, Any], expected: Any) -> None:
    held = keep_in_content_store(tmp_path, IMAGE)
    if isinstance(expected, str):
        with pytest.raises(Unreadable, match=expected):
            stored_image({**info, "DockerRootDir": str(tmp_path)}, held)
    else:
        assert isinstance(stored_image({**info, "DockerRootDir": str(tmp_path)}, held), expected)
