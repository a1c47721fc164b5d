# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.apt import preview, sources
from ansible_collections.distrain.cluster.plugins.module_utils.apt.placeholders import expanded

HOST = {"distribution": {"id": "debian", "codename": "trixie"}, "architecture": "amd64"}
CONTENT = """# Written by the role distrain.cluster.docker
Types: deb
URIs: https://mirror/{distribution}
Suites: {codename}
Components: stable
Architectures: {architecture}
Signed-By: /key.asc
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(sources, "SOURCES", str(tmp_path / "sources.list"))
    monkeypatch.setattr(sources, "apt_error", lambda: "")
    (tmp_path / "sources.list.d").mkdir()
    paths = {"path": str(tmp_path / "sources.list.d" / "docker.sources"), "key_path": str(tmp_path / "key.asc")}
    return {**paths, "content": CONTENT, "variable": "docker_repository_url"}


def test_a_host_without_the_repository(source: dict[str, Any]) -> None:
    found = preview.preview_source(source, HOST)
    assert "URIs: https://mirror/debian\nSuites: trixie\n" in found["content"]
    assert (found["is_current"], found["key"], found["problem"]) == (False, "", "")


def test_a_host_with_the_repository(source: dict[str, Any]) -> None:
    Path(source["path"]).write_text(expanded(CONTENT, HOST))
    assert not preview.preview_source(source, HOST)["is_current"]
    Path(source["key_path"]).write_text("key")
    assert preview.preview_source(source, HOST)["is_current"]
    assert not preview.preview_source({**source, "content": CONTENT + "Enabled: yes\n"}, HOST)["is_current"]


def test_another_repository_in_the_file_is_a_problem(source: dict[str, Any]) -> None:
    Path(source["path"]).write_text("Types: deb\nURIs: https://other\nSuites: trixie\nComponents: main\n")
    found = preview.preview_source(source, HOST)
    assert not found["is_current"]
    assert "names another repository" in found["problem"]
