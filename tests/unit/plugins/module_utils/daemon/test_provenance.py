# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the engine of a host came there, by what dpkg prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended
from ansible_collections.distrain.cluster.plugins.module_utils.daemon import provenance


@pytest.mark.parametrize(
    ("found", "package"),
    [
        ("docker.io: /usr/sbin/dockerd\n", "docker.io"),
        ("moby-engine:amd64: /usr/bin/dockerd\n", "moby-engine"),
        ("docker-ce, docker-ce-rootless-extras: /usr/bin/dockerd\n", "docker-ce"),
        ("diversion by dash from: /usr/bin/dockerd\ndocker-ce: /usr/bin/dockerd\n", "docker-ce"),
        ("", ""),
    ],
)
def test_the_package_of_a_file(found: str, package: str) -> None:
    assert provenance.owning_package(found) == package


def test_what_is_observed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = "docker-ce hold installed\npodman-docker install installed\ndocker-desktop deinstall config-files\n"
    monkeypatch.setattr(provenance, "run_command", lambda *_argv: Ended(1, shown, "no packages found"))
    monkeypatch.setattr(provenance, "command_output", lambda *argv: f"docker-ce: {argv[-1]}")
    (tmp_path / "docker_2932.snap").touch()
    assert provenance.observe_provenance(("/usr/bin/dockerd", "-H", "fd://"), tmp_path) == {
        "program": "/usr/bin/dockerd",
        "package": "docker-ce",
        "replacements": ["snap", "podman-docker"],
        "held": ["docker-ce"],
    }


def test_without_a_unit_and_a_program_there_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "run_command", lambda *_argv: Ended(127, "", "not installed", has_run=False))
    monkeypatch.setattr(provenance.shutil, "which", lambda *_name, **_path: None)
    found = provenance.observe_provenance((), tmp_path / "none")
    assert found == {"program": "", "package": "", "replacements": [], "held": []}
