# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules for images, from their arguments to their results, over an engine in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.stream import loaded
from ansible_collections.distrain.cluster.plugins.module_utils.image.archive import read_archive
from ansible_collections.distrain.cluster.plugins.modules import image_info, image_load, image_save
from ansible_collections.distrain.cluster.tests.unit.support.fake_engine import fail_with
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import (
    TestImage,
    oci_archive,
    oci_files,
    sha256,
    tar_of,
)
from ansible_collections.distrain.cluster.tests.unit.support.image_holder import ImageHolder

NAME = "team/trainer:1"
IMAGE = TestImage()
OTHER = TestImage((b"another",))


class FakeEngine(ImageHolder):
    """Also saves and loads them."""

    def __init__(self) -> None:
        super().__init__()
        self.load_error: EngineError | None = None
        self.load_says = ["Loaded image: team/trainer:1"]

    def save_image(self, name: str) -> Iterator[bytes]:
        self.calls.append(f"save {name}")
        archive = oci_archive(self.images[self.tags[name]], name)
        yield from (archive[start : start + 4096] for start in range(0, len(archive), 4096))

    def load_image(self, archive: Any) -> list[str]:
        self.calls.append("load")
        content = archive.read()
        found = read_archive(io.BytesIO(content), check_layers=True)
        image = next(one for one in (IMAGE, OTHER) if one.id == found.identity.config_digest)
        self.hold(image, *found.names)
        fail_with(self.load_error)
        return loaded({"stream": line} for line in self.load_says)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def run(engine: FakeEngine, run_module: Any) -> Any:
    return partial(run_module, engine=engine)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "image.tar"


def test_info_of_every_image(engine: FakeEngine, run: Any) -> None:
    engine.hold(IMAGE, NAME).hold(OTHER)
    result = run(image_info)
    assert [image["names"] for image in result["images"]] == [[NAME], []]
    assert (result["absent"], result["store"], result["changed"]) == ([], "classic", False)
    assert result["free_bytes"] > 0


def test_info_of_some_names(engine: FakeEngine, run: Any) -> None:
    engine.hold(IMAGE, NAME).hold(OTHER, "other:1")
    result = run(image_info, names=["docker.io/team/trainer:1", "gone"])
    assert [image["identity"]["config_digest"] for image in result["images"]] == [IMAGE.id]
    assert result["absent"] == ["gone"]


def test_save_in_check_mode_then_for_real_then_again(engine: FakeEngine, run: Any, path: Path) -> None:
    engine.hold(IMAGE, NAME)
    planned = run(image_save, name=NAME, path=str(path), check_mode=True)
    assert planned["changed"] and planned["bytes"] == 0
    assert list(path.parent.iterdir()) == []
    first, second = (run(image_save, name=NAME, path=str(path)) for _time in range(2))
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["bytes"] == second["bytes"] == path.stat().st_size
    assert first["image_identity"]["config_digest"] == IMAGE.id
    assert path.stat().st_mode & 0o777 == 0o600
    assert engine.calls == [f"save {NAME}"]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"notes", oci_archive(IMAGE, NAME)[:9000], oci_archive(OTHER, NAME)])
def test_save_replaces_what_is_not_the_image(engine: FakeEngine, run: Any, path: Path, content: bytes) -> None:
    engine.hold(IMAGE, NAME)
    path.write_bytes(content)
    assert run(image_save, name=NAME, path=str(path), mode="0640")["changed"]
    assert read_archive(io.BytesIO(path.read_bytes()), check_layers=True).identity.config_digest == IMAGE.id
    assert path.stat().st_mode & 0o777 == 0o640


def test_save_only_sets_the_mode(engine: FakeEngine, run: Any, path: Path) -> None:
    engine.hold(IMAGE, NAME)
    path.write_bytes(oci_archive(IMAGE, NAME))
    assert run(image_save, name=NAME, path=str(path), mode="0640")["changed"]
    assert (engine.calls, path.stat().st_mode & 0o777) == ([], 0o640)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "gone:1"}, "There is no image gone:1 on this host"),
        ({"name": "sha256:" + 64 * "a"}, "is an ID or a digest"),
        ({"mode": "rw"}, "which is not a permission in octal"),
        ({"mode": "4755"}, "which is not a permission in octal"),
        ({"path": "/none/such/image.tar"}, "Nothing can be written into /none/such: No such file or directory"),
        ({"path": "/"}, "/ is not a file"),
    ],
)
def test_save_refuses(engine: FakeEngine, run: Any, path: Path, arguments: dict[str, str], message: str) -> None:
    engine.hold(IMAGE, NAME)
    result = run(image_save, **{"name": NAME, "path": str(path), **arguments})
    assert result["failed"] and message in result["msg"]
    assert list(path.parent.iterdir()) == []


def test_a_save_that_breaks_keeps_the_old_file(
    engine: FakeEngine, run: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.hold(IMAGE, NAME)
    old = oci_archive(OTHER, NAME)
    path.write_bytes(old)
    monkeypatch.setattr(engine, "save_image", lambda _: iter([oci_archive(IMAGE, NAME)[:9000]]))
    result = run(image_save, name=NAME, path=str(path))
    assert result["failed"] and "truncated" in result["msg"]
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


def test_load_in_check_mode_then_for_real_then_again(engine: FakeEngine, run: Any, path: Path) -> None:
    path.write_bytes(oci_archive(IMAGE, NAME))
    assert run(image_load, path=str(path), check_mode=True)["changed"]
    assert engine.calls == []
    first, second = (run(image_load, path=str(path), name=NAME) for _time in range(2))
    assert (first["changed"], second["changed"]) == (True, False)
    assert (first["names"], first["image_identity"]["config_digest"]) == ([NAME], IMAGE.id)
    assert engine.calls == ["load"]


def test_load_gives_a_name_only(engine: FakeEngine, run: Any, path: Path) -> None:
    engine.hold(IMAGE)
    path.write_bytes(oci_archive(IMAGE, NAME))
    assert run(image_load, path=str(path))["changed"]
    assert engine.calls == [f"tag {NAME}"]


def test_load_names_an_image_without_a_name(engine: FakeEngine, run: Any, path: Path) -> None:
    path.write_bytes(oci_archive(IMAGE))
    assert run(image_load, path=str(path), name=NAME)["changed"]
    assert engine.calls == ["load", f"tag {NAME}"]


LAYER = f"blobs/sha256/{sha256(IMAGE.layers[1])}"


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "no tar file"),
        (oci_archive(IMAGE, NAME)[:9000], "is truncated"),
        (tar_of({**oci_files(IMAGE, [NAME]), LAYER: b"wrong"}), "is damaged"),
        (oci_archive(OTHER, "other:1"), "holds the image other:1, not team/trainer:1"),
    ],
)
def test_load_refuses(engine: FakeEngine, run: Any, path: Path, archive: bytes, message: str) -> None:
    path.write_bytes(archive)
    result = run(image_load, path=str(path), name=NAME)
    assert result["failed"] and str(path) in result["msg"] and message in result["msg"]
    assert (engine.calls, engine.images) == ([], {})


def test_load_of_no_file(run: Any) -> None:
    assert "/none/such cannot be read: No such file" in run(image_load, path="/none/such")["msg"]


@pytest.mark.parametrize(("held_before", "restored_by"), [(True, f"tag {NAME}"), (False, f"remove {NAME}")])
@pytest.mark.parametrize("fails_by", ["error", "words"])
def test_a_load_that_fails_gives_the_name_back(
    engine: FakeEngine, run: Any, path: Path, held_before: bool, restored_by: str, fails_by: str
) -> None:
    if held_before:
        engine.hold(OTHER, NAME)
    before = dict(engine.tags)
    if fails_by == "error":
        engine.load_error = EngineError("no space left on device")
    else:
        engine.load_says = ["Error unpacking image: no space left on device"]
    path.write_bytes(oci_archive(IMAGE, NAME))
    result = run(image_load, path=str(path))
    assert result["failed"] and "no space left on device" in result["msg"]
    assert engine.calls == ["load", restored_by]
    assert engine.tags == before
