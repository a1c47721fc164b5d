# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host lacks, and that only what was to be sent is unpacked."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.bundle import host_packages, private_apt
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.host_packages import observe_packages, unpack
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.private_apt import PrivateApt

SHA256 = hashlib.sha256(b"x").hexdigest()
INDEX = {"path": "apt/debian/dists/trixie/InRelease", "size": 1, "sha256": SHA256}


def params(directory: Path, **others: Any) -> dict[str, Any]:
    sources = [{"name": "debian", "suites": ["trixie"], "components": ["main"], "key": ""}]
    given = {"directory": str(directory), "architecture": "amd64", "sources": sources, "index": [INDEX]}
    return {**given, "packages": ["docker.io", "git"], "ask": False, "archive": "", "files": [], **others}


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    said = "".join(f"install ok installed {name}\n" for name in names) + "deinstall ok config-files git\n"
    monkeypatch.setattr(host_packages, "run_command", lambda *_arguments: Ended(1, said, ""))


def test_a_host_that_has_all_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed(monkeypatch, "docker.io", "git")
    monkeypatch.setattr(private_apt, "run_command", lambda *_arguments: pytest.fail("apt was run"))
    assert observe_packages(params(tmp_path, ask=True)) == {"lacks": [], "send": [], "problem": ""}


def test_a_host_that_lacks_one_gets_the_index_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed(monkeypatch, "docker.io")
    found = observe_packages(params(tmp_path))
    assert found["lacks"] == ["git"]
    assert [one["path"] for one in found["send"]] == [INDEX["path"]]


@pytest.mark.parametrize(
    ("update", "install", "problem", "send"),
    [
        (Ended(0, "", ""), Ended(0, "'file:{tree}/debian/pool/g%2b1.deb' g.deb 7 SHA256:" + SHA256, ""), "", 1),
        (Ended(100, "", "E: The repository is not signed."), Ended(0, "", ""), "refuses the indexes", 0),
        (Ended(0, "", "W: GPG error: file: NO_PUBKEY AB"), Ended(0, "", ""), "NO_PUBKEY", 0),
        (Ended(0, "", ""), Ended(100, " git : Depends: libc6 (>= 3)", "E: Unable to correct"), "Depends: libc6", 0),
    ],
)
def test_what_apt_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, update: Ended, install: Ended, problem: str, send: int
) -> None:
    installed(monkeypatch)
    said = Ended(install.rc, install.stdout.replace("{tree}", str(tmp_path / "apt")), install.stderr)
    monkeypatch.setattr(private_apt, "run_command", lambda argv, _seconds: update if "update" in argv else said)
    found = observe_packages(params(tmp_path, ask=True))
    assert problem in found["problem"]
    assert [one["path"] for one in found["send"]] == ["apt/debian/pool/g+1.deb"][:send]


@pytest.mark.parametrize(
    ("name", "content", "refused"),
    [
        ("apt/debian/pool/a.deb", b"x", ""),
        ("apt/debian/pool/a.deb", b"y", "did not arrive whole"),
        ("../a.deb", b"x", "no file that was to be sent"),
    ],
)
def test_only_what_was_to_be_sent_is_unpacked(tmp_path: Path, name: str, content: bytes, refused: str) -> None:
    archive = tmp_path / "sent.tar"
    with tarfile.open(archive, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    files = [{"path": "apt/debian/pool/a.deb", "size": 1, "sha256": SHA256}]
    given = params(tmp_path / "bundle", archive=str(archive), files=files)
    if refused:
        with pytest.raises(ClusterError, match=refused):
            unpack(given)
        assert not (tmp_path / "a.deb").exists()
    else:
        unpack(given)
        assert (tmp_path / "bundle" / name).read_bytes() == content


def test_the_sources_of_a_host_and_of_a_bare_one(tmp_path: Path) -> None:
    sources = [
        {"name": "debian", "suites": ["trixie", "trixie-updates"], "components": ["main"], "key": ""},
        {"name": "nvidia", "suites": ["/"], "components": [], "key": "nvidia.asc"},
        {"name": "ubuntu", "suites": ["noble"], "components": ["main"], "key": "/keys/ubuntu.gpg"},
    ]
    tree = tmp_path / "tree"
    PrivateApt(tmp_path, tree, "arm64").configure(sources)
    assert (tmp_path / "sources.list").read_text().splitlines() == [
        f"deb [arch=arm64] file:{tree}/debian trixie main",
        f"deb [arch=arm64] file:{tree}/debian trixie-updates main",
        f"deb [arch=arm64 signed-by={tree}/nvidia.asc] file:{tree}/nvidia /",
        f"deb [arch=arm64 signed-by=/keys/ubuntu.gpg] file:{tree}/ubuntu noble main",
    ]
    assert "Dir::State::status" not in (tmp_path / "apt.conf").read_text()
    PrivateApt(tmp_path, tree, "arm64", is_bare=True).configure(sources)
    assert f'Dir::State::status "{tmp_path}/status";' in (tmp_path / "apt.conf").read_text()
