# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.image_archive import BadArchive, read_archive
from ansible_collections.distrain.cluster.plugins.plugin_utils.archive_copy import CountingWriter, copy_archive
from ansible_collections.distrain.cluster.plugins.plugin_utils.image_carrier import (
    RelayThroughController,
    RemoteEngine,
    Sent,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.ssh_command import Reach
from ansible_collections.distrain.cluster.plugins.plugin_utils.transfer_progress import Progress
from image_archives import LAYERS, TestImage, legacy_files, oci_archive, tar_of

IMAGE = TestImage()
ARCHIVE = oci_archive(IMAGE, "team/trainer:1")


def _copy(archive: bytes, left_out: Sequence[str] = ()) -> tuple[bytes, int, int]:
    target, counts = io.BytesIO(), [0]
    layers = copy_archive(
        io.BytesIO(archive), CountingWriter(target, counts.append), left_out, confirm=lambda: counts.append(0)
    )
    return target.getvalue(), layers, sum(counts)


@pytest.mark.parametrize("archive", [ARCHIVE, tar_of(legacy_files(IMAGE))])
def test_a_copy_is_the_same_image(archive: bytes) -> None:
    copied, layers, count = _copy(archive)
    assert read_archive(io.BytesIO(copied), check_layers=True) == read_archive(io.BytesIO(archive), check_layers=True)
    assert (layers, count) == (3, len(copied))


def test_layers_are_left_out() -> None:
    copied, layers = _copy(ARCHIVE, left_out=IMAGE.diff_ids[:2])[:2]
    assert layers == 1
    assert LAYERS[2] in copied and LAYERS[1] not in copied
    with pytest.raises(BadArchive, match="lacks 2 of the 3 layers"):
        read_archive(io.BytesIO(copied), check_layers=True)


@pytest.mark.parametrize("archive", [b"", b"x" * 5000, ARCHIVE[:3000], ARCHIVE[:40000], tar_of({"a": b"b"})])
def test_a_broken_archive_never_gets_its_end(archive: bytes) -> None:
    target = io.BytesIO()
    with pytest.raises(BadArchive):
        copy_archive(io.BytesIO(archive), CountingWriter(target, lambda _: None), (), confirm=lambda: None)
    assert not target.getvalue().endswith(bytes(1024))


def test_an_archive_whose_source_failed_never_gets_its_end() -> None:
    target = io.BytesIO()

    def confirm() -> None:
        raise ClusterError("it failed")

    with pytest.raises(ClusterError, match="it failed"):
        copy_archive(io.BytesIO(ARCHIVE), CountingWriter(target, lambda _: None), (), confirm)
    assert not target.getvalue().endswith(bytes(1024))


class LocalEngine(RemoteEngine):
    """Runs a Python program here where the real one runs docker on a host."""

    def __init__(self, host_name: str, program: str) -> None:
        super().__init__(Reach(host_name, "ssh"), "unix:///none")
        object.__setattr__(self, "program", program)

    def command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-c", self.program, *arguments]  # type: ignore[attr-defined]


SAVE = "import sys, pathlib; sys.stdout.buffer.write(pathlib.Path({path!r}).read_bytes())"
SAVE_FAILS = "import sys; sys.exit('Error response from daemon: reference does not exist')"
SAVE_BREAKS = SAVE + "; sys.exit(255)"
LOAD = "import sys, pathlib; pathlib.Path({path!r}).write_bytes(sys.stdin.buffer.read()); print('Loaded image: a:1')"
LOAD_FAILS = "import sys; sys.exit('no space left on device')"
LOAD_COMPLAINS = "import sys; sys.stdin.buffer.read(); print('Error unpacking image a:1: content digest: not found')"


def _carry(tmp_path: Path, save: str, load: str, archive: bytes = ARCHIVE) -> Sent:
    (tmp_path / "saved").write_bytes(archive)
    source = LocalEngine("gpu-01", save.format(path=str(tmp_path / "saved")))
    target = LocalEngine("gpu-02", load.format(path=str(tmp_path / "loaded")))
    return RelayThroughController(source, target, lambda _: None).carry("a:1", (), len(ARCHIVE))


def test_carries_an_image(tmp_path: Path) -> None:
    sent = _carry(tmp_path, SAVE, LOAD)
    loaded = (tmp_path / "loaded").read_bytes()
    assert read_archive(io.BytesIO(loaded), check_layers=True).identity.config_digest == IMAGE.id
    assert (sent.bytes_sent, sent.layers_sent) == (len(loaded), 3)


BIG = oci_archive(TestImage((b"x" * 5_000_000,)), "a:1")


@pytest.mark.parametrize(
    ("save", "load", "archive", "message"),
    [
        (SAVE_FAILS, LOAD, ARCHIVE, "docker save on gpu-01 failed (exit code 1): Error response from daemon: ref"),
        (SAVE_BREAKS, LOAD, ARCHIVE, "docker save on gpu-01 failed (the SSH connection failed): it failed."),
        (
            SAVE_BREAKS,
            LOAD,
            ARCHIVE[:9000],
            "docker save on gpu-01 failed (the SSH connection failed): the archive ended too early",
        ),
        (SAVE, LOAD, ARCHIVE[:9000], "docker save on gpu-01 failed (exit code 0): the archive ended too early"),
        (SAVE, LOAD_FAILS, ARCHIVE, "docker load on gpu-02 failed (exit code 1): no space left on device."),
        (SAVE, LOAD_FAILS, BIG, "docker load on gpu-02 failed (exit code 1): no space left on device."),
        (SAVE, LOAD_COMPLAINS, ARCHIVE, "docker load on gpu-02 failed: Error unpacking image a:1"),
    ],
)
def test_a_failure_names_its_host(tmp_path: Path, save: str, load: str, archive: bytes, message: str) -> None:
    with pytest.raises(ClusterError) as failure:
        _carry(tmp_path, save, load, archive)
    assert failure.value.message.startswith(message)


@pytest.mark.parametrize(
    ("program", "message"),
    [(SAVE_FAILS, "docker image rm a:1 on gpu-01 failed (exit code 1): Error response"), ("pass", None)],
)
def test_short_commands(program: str, message: str | None) -> None:
    engine = LocalEngine("gpu-01", program)
    if message is None:
        engine.run(["image", "rm", "a:1"])
        return
    with pytest.raises(ClusterError) as failure:
        engine.run(["image", "rm", "a:1"])
    assert failure.value.message.startswith(message)


FAKE_DOCKER = """
import pathlib, sys
held = pathlib.Path({path!r})
words = sys.argv[2:]
if words[0] == "inspect":
    sys.exit(0 if held.exists() else "No such image")
held.write_text(" ".join(words)) if words[0] == "tag" else held.unlink()
"""


@pytest.mark.parametrize(
    ("image_id", "there", "expected"),
    [("sha256:old", True, "tag sha256:old a:1"), (None, True, None), (None, False, None)],
)
def test_a_name_is_given_back(tmp_path: Path, image_id: str | None, there: bool, expected: str | None) -> None:
    name = tmp_path / "name"
    if there:
        name.write_text("broken")
    LocalEngine("gpu-02", FAKE_DOCKER.format(path=str(name))).restore_name("a:1", image_id)
    assert (name.read_text() if name.exists() else None) == expected


def test_a_command_for_docker_names_its_socket() -> None:
    engine = RemoteEngine(Reach("gpu-01", "ssh"), "unix:///run/other.sock")
    assert engine.command(["save", "a:1"])[-1] == "docker --host unix:///run/other.sock save a:1"


def test_progress_is_told_now_and_then() -> None:
    lines: list[str] = []
    now = [0.0]
    progress = Progress("gpu-02", 100_000_000, lines.append, clock=lambda: now[0])
    for second in range(1, 101):
        now[0] = second
        progress.add(1_000_000)
    assert len(lines) == 10
    assert lines[0] == "gpu-02: 10.00 MB of about 100.00 MB sent, 1.00 MB/s"


def test_slow_progress_is_told_once_a_minute() -> None:
    lines: list[str] = []
    now = [0.0]
    progress = Progress("gpu-02", 10**12, lines.append, clock=lambda: now[0])
    for second in range(1, 301):
        now[0] = second
        progress.add(1000)
    assert len(lines) == 5
