# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of a kit are what sha256sum, xz and tar take, and its wheels are wheels."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

sys.path.insert(0, str(ROOT))

from tests.rehearse import archive, wheels

needs_xz = pytest.mark.skipif(shutil.which("xz") is None, reason="xz is not installed")


@needs_xz
def test_parts_make_the_tree_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART_BYTES", 3000)
    monkeypatch.setattr(archive, "CHUNK_BYTES", 1000)
    tree, directory = tmp_path / "tree", tmp_path / "kit"
    (tree / "opt").mkdir(parents=True)
    (tree / "opt/random").write_bytes(random.Random(7).randbytes(9000))
    directory.mkdir()
    (directory / "base.tar.xz.07").write_text("of an earlier kit")
    parts = archive.pack("base.tar.xz", tree, directory, 0)
    assert [part.name for part in parts] == [f"base.tar.xz.{number:02d}" for number in range(len(parts))]
    assert len(parts) > 1 and all(part.stat().st_size <= 3000 for part in parts)
    assert sorted(directory.iterdir()) == parts
    archive.write_checksums(parts, directory)
    subprocess.run(["sha256sum", "--check", "--strict", "--status", "SHA256SUMS"], cwd=directory, check=True)
    whole = tmp_path / "base.tar.xz"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    shutil.unpack_archive(whole, tmp_path / "again")
    assert (tmp_path / "again/opt/random").read_bytes() == (tree / "opt/random").read_bytes()


@needs_xz
def test_a_tree_that_cannot_be_packed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        archive.pack("base.tar.xz", tmp_path / "nothing", tmp_path, 0)


def test_a_wheel_is_repacked_without_what_no_lab_reads(tmp_path: Path) -> None:
    wheel = tmp_path / "torch-1-py3-none-any.whl"
    kept = {"torch/a.py": "a = 1\n", "torch/testing/b.py": "", "torch/bin/torch_shm_manager": "program"}
    left_out = {"torch/tests/test_a.py": "", "torch/bin/test_api": "", "torch/test/t": "", "torch/a.js.map": "{}"}
    record = "".join(f"{name},sha256=x,1\n" for name in [*kept, *left_out]) + "torch-1.dist-info/RECORD,,\n"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in {**kept, **left_out, "torch-1.dist-info/RECORD": record}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            file.writestr(entry, content)
    (tmp_path / "out").mkdir()
    wheels.repack(wheel, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / wheel.name) as file:
        assert set(file.namelist()) == {*kept, "torch-1.dist-info/RECORD"}
        assert all(member.compress_type == zipfile.ZIP_STORED for member in file.infolist())
        assert file.getinfo("torch/bin/torch_shm_manager").external_attr >> 16 == 0o100755
        lines = file.read("torch-1.dist-info/RECORD").decode().splitlines()
    assert [line.split(",")[0] for line in lines] == [*kept, "torch-1.dist-info/RECORD"]
