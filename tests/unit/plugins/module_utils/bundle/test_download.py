# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is there and whole is kept; what is not is downloaded, and never under its name before it is whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.bundle import download as room
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.download import download, lacking
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.release import File
from ansible_collections.distrain.cluster.tests.unit.support.mirror_server import mirror_server

CONTENT = b"a package"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.time, "sleep", lambda _seconds: None)


def a_file(address: str = "", content: bytes = CONTENT) -> File:
    return File("pool/a.deb", len(content), hashlib.sha256(content).hexdigest(), f"{address}/a.deb")


@pytest.mark.parametrize(("there", "lacks"), [(None, True), (b"a pack", True), (b"b package", True), (CONTENT, False)])
def test_what_lacks(tmp_path: Path, there: bytes | None, lacks: bool) -> None:
    if there is not None:
        (tmp_path / "pool").mkdir()
        (tmp_path / "pool/a.deb").write_bytes(there)
    assert bool(lacking(tmp_path, [a_file()])) is lacks


def test_a_link_is_no_file_of_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(CONTENT)
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool/a.deb").symlink_to(tmp_path / "other")
    assert lacking(tmp_path, [a_file()])


def test_a_download(tmp_path: Path) -> None:
    with mirror_server({"/a.deb": CONTENT}) as address:
        download(tmp_path, [a_file(address)], 5)
    assert (tmp_path / "pool/a.deb").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "pool").iterdir()] == ["a.deb"]


@pytest.mark.parametrize(
    ("served", "said"),
    [
        ({"/a.deb": b"b package"}, r"it has the SHA-256 \w+, and has to have \w+, 3 times"),
        ({}, "answers 404 Not Found"),
    ],
)
def test_what_is_not_right_gets_no_name(tmp_path: Path, served: dict[str, bytes], said: str) -> None:
    with mirror_server(served) as address, pytest.raises(ClusterError, match=said):
        download(tmp_path, [a_file(address)], 5)
    assert not list((tmp_path / "pool").iterdir())


def test_only_http_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="no address of HTTP"):
        download(tmp_path, [a_file("file:///etc")], 5)
