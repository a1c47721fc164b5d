# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.engine_version import engine_major
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.packages import (
    as_apt_takes_them,
    kept_engine,
    missing_packages,
    missing_requirements,
    wanted_packages,
)


@pytest.mark.parametrize(
    ("version", "major"),
    [("26.1.5+dfsg1", 26), ("5:28.5.2-1~debian.13~trixie", 28), ("20.10.24", 20), ("", 0), (None, 0), ("dev", 0)],
)
def test_the_major_of_a_version(version: str | None, major: int) -> None:
    assert engine_major(version) == major


def test_only_packages_with_a_version_are_pinned() -> None:
    assert as_apt_takes_them(["a", "b"], {"b": "2*", "c": "3"}) == ["a", "b=2*"]


@pytest.mark.parametrize(
    ("installed", "pinned", "missing"),
    [
        ({}, {}, ["a", "b"]),
        ({"a": "1", "b": "2"}, {}, []),
        ({"a": "1", "b": "2"}, {"b": "2*"}, []),
        ({"a": "1", "b": "2"}, {"b": "3*"}, ["b"]),
    ],
)
def test_missing_packages(installed: dict, pinned: dict, missing: list[str]) -> None:
    assert missing_packages(["a", "b"], installed, pinned) == missing


@pytest.mark.parametrize(
    ("source", "distribution", "installed", "cli_plugins", "has", "lacks"),
    [
        ("distribution", "debian", {}, [], ["docker.io", "docker-cli", "iptables"], ["docker-ce"]),
        ("distribution", "ubuntu", {}, [], ["docker.io", "docker-compose-v2"], ["docker-cli"]),
        ("distribution", "debian", {"docker-ce": "5:28"}, ["buildx"], ["docker-compose-plugin"], ["docker.io"]),
        ("docker", "debian", {"docker.io": "26"}, [], ["docker-ce", "containerd.io"], ["docker.io"]),
    ],
)
def test_wanted_packages(
    source: str, distribution: str, installed: dict, cli_plugins: list[str], has: list[str], lacks: list[str]
) -> None:
    wanted = wanted_packages(source, distribution, installed, cli_plugins)
    assert set(has) <= set(wanted)
    assert not set(lacks) & set(wanted)


@pytest.mark.parametrize(
    ("installed", "missing"),
    [
        (["docker==7.2.0", "charset-normalizer==3.5.2"], []),
        (["docker==7.1.0", "Charset_Normalizer==3.5.2"], ["docker==7.2.0"]),
        (["skipped, since /opt/distrain/venv does not exist"], ["docker==7.2.0", "charset-normalizer==3.5.2"]),
    ],
)
def test_missing_requirements(installed: list[str], missing: list[str]) -> None:
    requirements = "# pinned == here\ndocker==7.2.0 --hash=sha256:ab\ncharset-normalizer==3.5.2 --hash=sha256:cd\n"
    assert missing_requirements(requirements, installed) == missing


@pytest.mark.parametrize(
    ("installed", "source", "pinned", "kept"),
    [
        ({}, "docker", {}, ""),
        ({"docker-ce": "5:24.0.9-1"}, "docker", {}, "docker-ce=5:24.0.9-1"),
        ({"docker-ce": "5:24.0.9-1"}, "distribution", {}, "docker-ce=5:24.0.9-1"),
        ({"docker-ce": "5:24.0.9-1"}, "docker", {"docker-ce": "5:28.*"}, "docker-ce=5:28.*"),
        ({"docker.io": "20.10.24"}, "distribution", {}, "docker.io=20.10.24"),
        ({"docker.io": "20.10.24"}, "docker", {}, ""),
        ({"containerd": "1.7"}, "distribution", {}, ""),
    ],
)
def test_the_engine_that_stays(installed: dict, source: str, pinned: dict, kept: str) -> None:
    assert kept_engine(installed, source, pinned) == (tuple(kept.split("=")) if kept else ("", ""))
