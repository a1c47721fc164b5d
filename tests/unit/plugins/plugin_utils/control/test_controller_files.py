# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_inspected
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.controller_files import (
    archive_facts,
    path_digest,
)


def write(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


FILES = {"a.whl": "1", "b/c.whl": "22"}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (FILES, True),
        ({**FILES, ".hidden": "x"}, True),
        ({"a.whl": "2", "b/c.whl": "22"}, False),
        ({"a.whl": "1", "c.whl": "22"}, False),
        ({**FILES, "d.whl": ""}, False),
    ],
)
def test_digest_of_a_directory(tmp_path: Path, other: dict[str, str], same: bool) -> None:
    first = path_digest(write(tmp_path / "first", FILES))
    second = path_digest(write(tmp_path / "second", other))
    assert (first == second) is same


def test_digest_of_a_file_does_not_depend_on_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"a": "1", "b": "1", "c": "2"})
    digests = [path_digest(tmp_path / name) for name in "abc"]
    assert digests[0] == digests[1] != digests[2]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="missing cannot be read: No such file"):
        path_digest(tmp_path / "missing")


def test_an_archive_has_the_fingerprint_of_the_loaded_image(tmp_path: Path) -> None:
    layer = b"layer"
    diff_id = "sha256:" + hashlib.sha256(layer).hexdigest()
    parts = {"architecture": "amd64", "os": "linux"}
    config = json.dumps({**parts, "config": {"Env": ["A=1"]}, "rootfs": {"diff_ids": [diff_id]}}).encode()
    digest = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": ["team/base:1"], "Layers": ["1/layer.tar"]}]
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        for name, content in (
            (f"{digest}.json", config),
            ("1/layer.tar", layer),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    read = archive_facts(tmp_path / "base.tar")
    loaded = {"Id": f"sha256:{digest}", "RootFS": {"Layers": [diff_id]}, "Config": {"Env": ["A=1"], "Tty": False}}
    loaded |= {"Architecture": "amd64", "Os": "linux"}
    assert read["names"] == ["team/base:1"]
    assert read["fingerprint"] == identity_of_inspected(loaded, "classic").fingerprint


@pytest.mark.parametrize(
    ("content", "message"), [("no tar", "base.tar: This is not an image archive"), (None, "base.tar cannot be read")]
)
def test_no_archive(tmp_path: Path, content: str | None, message: str) -> None:
    if content:
        write(tmp_path, {"base.tar": content})
    with pytest.raises(PlanError, match=message):
        archive_facts(tmp_path / "base.tar")
