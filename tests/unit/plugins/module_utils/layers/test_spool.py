# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.layers import content as layer_content
from ansible_collections.distrain.cluster.plugins.module_utils.layers import directory as spool_directory
from ansible_collections.distrain.cluster.plugins.module_utils.layers import space as spool_room
from ansible_collections.distrain.cluster.plugins.module_utils.layers.directory import SpoolDirectory
from ansible_collections.distrain.cluster.plugins.module_utils.layers.spool import ImageSpool, layer_sizes
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import (
    TestImage,
    legacy_files,
    oci_archive,
    oci_files,
    sha256,
    tar_of,
)
from ansible_collections.distrain.cluster.tests.unit.support.image_spools import IMAGE, NAME, holding_engine, spool_of


@pytest.fixture
def fake() -> FakeImageEngine:
    return holding_engine()


@pytest.fixture
def directory(tmp_path: Path) -> SpoolDirectory:
    return SpoolDirectory(str(tmp_path / "spool"))


@pytest.fixture
def run(engine: EngineSocket, directory: SpoolDirectory) -> Iterator[ImageSpool]:
    spool = spool_of(engine, directory)
    yield spool
    spool.close()


def compressed(image: TestImage, compress: str) -> bytes:
    files = oci_files(image)
    for layer in image.layers:
        del files[f"blobs/sha256/{sha256(layer)}"]
        blob = gzip.compress(layer) if compress == "gzip" else zstd(layer)
        files[f"blobs/sha256/{sha256(blob)}"] = blob
    return tar_of(files)


def zstd(content: bytes) -> bytes:
    return subprocess.run(["zstd", "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout


def archive_of(layout: str) -> bytes:
    if layout == "oci":
        return oci_archive(IMAGE, NAME)
    return tar_of(legacy_files(IMAGE)) if layout == "legacy" else compressed(IMAGE, layout)


@pytest.mark.parametrize("layout", ["oci", "legacy", "gzip", "zstd"])
def test_every_layout_gives_the_layers(
    fake: FakeImageEngine, run: ImageSpool, directory: SpoolDirectory, layout: str
) -> None:
    if layout == "zstd" and not shutil.which("zstd"):
        pytest.skip("zstd is not here")
    fake.saved = archive_of(layout)
    run.start(IMAGE.diff_ids)
    for index, layer in enumerate(IMAGE.layers):
        path = run.wait_for(IMAGE.diff_ids[index])
        assert path.read_bytes() == layer
        assert path.stat().st_mode & 0o777 == 0o600
        assert run.size_of(IMAGE.diff_ids[index]) == len(layer)
    assert run.wait_for_config() == IMAGE.config_file
    run.close()
    assert directory.path.stat().st_mode & 0o777 == 0o700
    assert directory.describe()["layers"] == 3
    assert directory.describe()["bytes"] == sum(map(len, IMAGE.layers))
    assert not list(directory.path.glob(".part-*"))


def test_only_what_is_wanted_stays_yet_all_sizes_are_known(run: ImageSpool, directory: SpoolDirectory) -> None:
    run.start(IMAGE.diff_ids[2:])
    run.wait_for(IMAGE.diff_ids[2])
    with pytest.raises(ClusterError, match="lacks the layer"):
        run.wait_for(IMAGE.diff_ids[0])
    run.close()
    assert directory.describe()["layers"] == 1
    assert [directory.size_of(one) for one in IMAGE.diff_ids] == [len(layer) for layer in IMAGE.layers]


def test_nothing_is_saved_twice(fake: FakeImageEngine, engine: EngineSocket, directory: SpoolDirectory) -> None:
    for wanted, measured, saves in (
        (IMAGE.diff_ids[2:], (), 1),
        (IMAGE.diff_ids[2:], IMAGE.diff_ids, 1),
        (IMAGE.diff_ids[1:], (), 2),
        (IMAGE.diff_ids[1:], (), 2),
    ):
        run = spool_of(engine, directory)
        run.start(wanted, measured)
        assert [run.wait_for(one).stat().st_size for one in wanted]
        run.wait_for_config()
        run.close()
        assert fake.saves == saves


def test_a_compressed_layer_is_unpacked_once(
    fake: FakeImageEngine, engine: EngineSocket, directory: SpoolDirectory
) -> None:
    fake.saved = archive_of("gzip")
    first = spool_of(engine, directory)
    first.start(IMAGE.diff_ids[:1], IMAGE.diff_ids)
    first._thread.join()  # type: ignore[union-attr]
    first.close()
    assert first.bytes_saved == sum(map(len, IMAGE.layers))
    assert [directory.size_of(one) for one in IMAGE.diff_ids] == [len(layer) for layer in IMAGE.layers]
    second = spool_of(engine, directory)
    second.start(IMAGE.diff_ids[2:])
    assert second.wait_for(IMAGE.diff_ids[2]).read_bytes() == IMAGE.layers[2]
    second.close()
    assert second.bytes_saved == len(IMAGE.layers[2])


def test_a_cut_archive(fake: FakeImageEngine, run: ImageSpool, directory: SpoolDirectory) -> None:
    fake.saved = fake.saved[: len(fake.saved) // 3]
    run.start(IMAGE.diff_ids)
    with pytest.raises(ClusterError, match=r"team/trainer:1 could not be saved: The archive ended too early"):
        for diff_id in IMAGE.diff_ids:
            run.wait_for(diff_id)
    with pytest.raises(ClusterError, match="could not be saved"):
        run.wait_for_config()
    run.close()
    assert not list(directory.path.glob(".part-*"))


def test_another_image_under_the_name(fake: FakeImageEngine, run: ImageSpool, directory: SpoolDirectory) -> None:
    fake.saved = oci_archive(TestImage(layers=(b"other" * 500,)), NAME)
    run.start(IMAGE.diff_ids)
    with pytest.raises(ClusterError, match="could not be saved: its archive lacks the layer"):
        run.wait_for(IMAGE.diff_ids[0])
    run.close()
    assert directory.describe()["layers"] == 0


def test_a_damaged_blob_is_no_layer(fake: FakeImageEngine, run: ImageSpool) -> None:
    files = oci_files(IMAGE)
    files[f"blobs/sha256/{sha256(IMAGE.layers[1])}"] = b"damaged" * 100
    fake.saved = tar_of(files)
    run.start(IMAGE.diff_ids)
    run.wait_for(IMAGE.diff_ids[0])
    with pytest.raises(ClusterError, match="lacks the layer"):
        run.wait_for(IMAGE.diff_ids[1])


def test_zstd_without_its_command(fake: FakeImageEngine, run: ImageSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.saved = tar_of({"blobs/sha256/" + 64 * "a": b"\x28\xb5\x2f\xfd rest"})
    monkeypatch.setattr(layer_content.shutil, "which", lambda _: None)  # type: ignore[attr-defined]
    run.start(IMAGE.diff_ids)
    with pytest.raises(ClusterError, match="Install the zstd command"):
        run.wait_for(IMAGE.diff_ids[0])


def add(directory: SpoolDirectory, content: bytes, used: float) -> str:
    diff_id = f"sha256:{sha256(content)}"
    with directory.incoming() as incoming:
        incoming.file.write(content)
        path = directory.keep(incoming, diff_id)
    os.utime(path, (used, used))
    return diff_id


def test_the_least_recently_used_go_first(directory: SpoolDirectory) -> None:
    directory.limit_bytes = 250
    directory.prepare()
    now = path_time(directory)
    oldest, newer = add(directory, b"a" * 100, now - 1), add(directory, b"b" * 100, now)
    directory.make_room(100)
    assert directory.describe()["layers"] == 2, "what is in use stays"
    directory.close()
    assert directory.use(newer)
    directory.make_room(100)
    assert directory.use(oldest) is None
    assert directory.use(newer) is not None
    directory.make_room(1000)
    assert directory.use(newer) is not None


def path_time(directory: SpoolDirectory) -> float:
    return directory.path.stat().st_mtime


def test_others_use_keeps_a_layer_too(directory: SpoolDirectory) -> None:
    directory.limit_bytes = 10
    directory.prepare()
    diff_id = add(directory, b"a" * 100, path_time(directory))
    other = SpoolDirectory(str(directory.path), 10)
    assert other.use(diff_id)
    directory.close()
    assert other.use(diff_id)
    other.close()
    assert directory.describe()["layers"] == 0


def test_leftovers_go_and_what_is_being_written_stays(directory: SpoolDirectory) -> None:
    directory.prepare()
    (directory.path / ".part-dead").write_bytes(b"left")
    with directory.incoming() as incoming:
        SpoolDirectory(str(directory.path)).prepare()
        assert incoming.path.exists()
    assert [path.name for path in directory.path.iterdir()] == [".distrain-spool"]


def test_a_layer_from_before_the_start_of_the_host_is_read_again(
    directory: SpoolDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.prepare()
    sound, damaged = add(directory, b"sound", 1000), add(directory, b"damaged", 1000)
    directory.close()
    (directory.path / damaged[7:]).write_bytes(b"half")
    os.utime(directory.path / damaged[7:], (1000, 1000))
    monkeypatch.setattr(spool_directory, "_boot_time", lambda: 2000)
    assert directory.use(sound)
    assert directory.use(damaged) is None


def test_a_full_disk_is_reported_with_figures(run: ImageSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_directory, "free_bytes", lambda _: 10)
    run.start(IMAGE.diff_ids)
    with pytest.raises(ClusterError, match=r"10 bytes are free at .*spool, but the next layer has"):
        run.wait_for(IMAGE.diff_ids[0])


@pytest.mark.parametrize(
    ("store", "is_one_disk", "free", "fits"),
    [
        ("classic", True, 1999, False),
        ("classic", True, 2000, True),
        ("classic", False, 1000, True),
        ("classic", False, 999, False),
        ("containerd", True, 1000, True),
        ("containerd", True, 999, False),
    ],
)
def test_room_to_save(
    fake: FakeImageEngine,
    engine: EngineSocket,
    directory: SpoolDirectory,
    monkeypatch: pytest.MonkeyPatch,
    store: str,
    is_one_disk: bool,
    free: int,
    fits: bool,
) -> None:
    fake.store = store
    monkeypatch.setattr(spool_room, "free_bytes", lambda _: free)
    monkeypatch.setattr(spool_room, "_is_same_disk", lambda *_: is_one_disk)
    run = spool_of(engine, directory)
    refused = pytest.raises(ClusterError, match="The disk of this host is too small to send team/trainer:1")
    with nullcontext() if fits else refused:
        run.start(IMAGE.diff_ids)
    run.close()


def test_the_history_shows_sizes_where_it_fits(engine: EngineSocket) -> None:
    assert layer_sizes(engine, NAME, 3) == (7, 0, 5)
    assert layer_sizes(engine, NAME, 2) == (7, 5)
    assert layer_sizes(engine, NAME, 1) == ()


def test_an_image_without_a_history(engine: EngineSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineSocket, "_call", lambda *_: None)
    assert layer_sizes(engine, NAME, 1) == ()
