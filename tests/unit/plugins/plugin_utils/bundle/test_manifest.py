# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bundle is refused unless the given key has signed it, and it is of this version and has the files that it lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.action.bundle_decision import verified_manifest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle import folder as room
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.folder import files_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.manifest import manifest_text
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.signature import key_of, public_key_of, sign

CONTENTS = {
    "distributions": {},
    "trainer": {},
    "parts": [
        {
            "path": "apt/debian-13-amd64/debian",
            "what": "packages",
            "source": "http://x",
            "distribution": "debian-13-amd64",
        },
        {"path": "apt/debian-13-amd64", "what": "signing keys", "source": ""},
    ],
}
PACKAGE = "apt/debian-13-amd64/debian/pool/a.deb"


@pytest.fixture(autouse=True)
def _own_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "MEMORY", tmp_path / "memory.json")


@pytest.fixture
def bundle(tmp_path: Path) -> tuple[Path, str]:
    """A bundle of one package, and the public key that has signed it."""
    folder, key = tmp_path / "bundle", tmp_path / "key"
    (folder / PACKAGE).parent.mkdir(parents=True)
    (folder / PACKAGE).write_text("package")
    public = public_key_of(key, may_make=True)
    write(folder, manifest_text(CONTENTS, files_of(folder, lambda _path, _size: True)), key)
    return folder, public


def write(folder: Path, text: str, key: Path) -> None:
    (folder / "manifest.json").write_text(text)
    sign(folder, key)


def test_a_whole_bundle(bundle: tuple[Path, str]) -> None:
    (listed,) = verified_manifest(*bundle)["files"]
    assert (listed["path"], listed["size"], listed["what"], listed["source"]) == (PACKAGE, 7, "packages", "http://x")


def other_content(folder: Path) -> None:
    (folder / PACKAGE).write_text("paCkage")


def other_size(folder: Path) -> None:
    (folder / PACKAGE).write_text("pack")


def without_it(folder: Path) -> None:
    (folder / PACKAGE).unlink()


def one_more(folder: Path) -> None:
    (folder / "evil.whl").write_text("x")


def linked(folder: Path) -> None:
    (folder / "evil.whl").symlink_to("/etc/passwd")


def other_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace("packages", "parcels"))


def without_signature(folder: Path) -> None:
    (folder / "manifest.json.sig").unlink()


def without_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (other_content, r"is damaged: apt/\S+/a.deb has another content than its manifest says"),
        (other_size, r"a.deb has another size than its manifest says \(4 bytes, and has to have 7\)"),
        (without_it, r"a.deb of its manifest is not there"),
        (one_more, r"evil.whl is not in its manifest"),
        (linked, r"evil.whl is no regular file"),
        (other_manifest, r"is not signed by bundle_public_key"),
        (without_signature, r"is not signed by bundle_public_key"),
        (without_manifest, r"cannot read \S+manifest.json: No such file"),
    ],
)
def test_harm_is_one_error(bundle: tuple[Path, str], harm: Any, said: str) -> None:
    harm(bundle[0])
    with pytest.raises(PlanError, match=said):
        verified_manifest(*bundle)


def test_the_signature_of_somebody_else(bundle: tuple[Path, str], tmp_path: Path) -> None:
    public_key_of(tmp_path / "other", may_make=True)
    sign(bundle[0], tmp_path / "other")
    with pytest.raises(PlanError, match="it was made with another key"):
        verified_manifest(*bundle)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            json.dumps({"version": 0, "files": []}),
            "has a manifest of version 0, and this is version 1. Make the bundle again",
        ),
        (json.dumps({"version": 2, "files": []}), "has a manifest of version 2, and this is version 1"),
        ("[]", "is no manifest of a bundle"),
        ("no JSON", "is no manifest of a bundle"),
    ],
)
def test_a_manifest_of_another_version(bundle: tuple[Path, str], tmp_path: Path, text: str, said: str) -> None:
    write(bundle[0], text, tmp_path / "key")
    with pytest.raises(PlanError, match=said):
        verified_manifest(*bundle)


def test_a_digest_is_remembered_until_the_file_changes(
    bundle: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(room, "SETTLED_SECONDS", -1)
    monkeypatch.setattr(room, "sha256_of", lambda path: read.append(path) or "ab")
    for _time in range(2):
        files_of(bundle[0], lambda _path, _size: True)
    assert len(read) == 1
    other_content(bundle[0])
    files_of(bundle[0], lambda _path, _size: True)
    assert len(read) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "no file that can be read"),
        ("/nonexistent.pub", "no file that can be read: No such file"),
        ("ssh-ed25519", "is not one public key"),
        ("ssh-ed25519 AAAA\nssh-ed25519 BBBB", "is not one public key"),
    ],
)
def test_what_is_no_public_key(given: str, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        key_of(given)


def test_a_public_key_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAA somebody\n")
    assert key_of(str(tmp_path / "key.pub")) == "ssh-ed25519 AAAA"
