# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.apt.packages import (
    candidate_version,
    engine_packages_touched,
    kept_engine,
    missing_requirements,
    pinned_packages,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.daemon.configuration import engine_major, merged_text

POLICY = """docker.io:
  Installed: (none)
  Candidate: 26.1.5+dfsg1-9+b9
  Version table:
     26.1.5+dfsg1-9+b9 500
        500 http://deb.debian.org/debian trixie/main amd64 Packages
docker-ce:
  Installed: (none)
  Candidate: (none)
"""


@pytest.mark.parametrize(
    ("existing", "options", "wanted"),
    [
        ("", {"debug": True}, {"debug": True}),
        ('{"bip": "10.9.0.1/24"}', {"debug": True}, {"bip": "10.9.0.1/24", "debug": True}),
        (
            '{"features": {"containerd-snapshotter": true}}',
            {"features": {"cdi": True}},
            {"features": {"containerd-snapshotter": True, "cdi": True}},
        ),
        ('{"dns": ["192.0.2.1"]}', {"dns": ["192.0.2.2"]}, {"dns": ["192.0.2.2"]}),
        ('{"debug": 1}', {"debug": {"nested": 1}}, {"debug": {"nested": 1}}),
    ],
)
def test_options_go_in_and_the_hosts_own_keys_stay(existing: str, options: dict, wanted: dict) -> None:
    assert json.loads(merged_text(existing, options)) == wanted


@pytest.mark.parametrize(
    ("existing", "options"),
    [("", {}), ('{"debug":   true }', {}), ('{"debug":   true , "x": [1]}', {"debug": True})],
)
def test_a_file_that_says_it_all_stays_byte_for_byte(existing: str, options: dict) -> None:
    assert merged_text(existing, options) == existing


@pytest.mark.parametrize("existing", ["{", "[]", "true"])
def test_a_broken_file_is_refused(existing: str) -> None:
    with pytest.raises(ValueError, match=r"daemon\.json"):
        merged_text(existing, {"debug": True})


@pytest.mark.parametrize(
    ("version", "major"),
    [("26.1.5+dfsg1", 26), ("5:28.5.2-1~debian.13~trixie", 28), ("20.10.24", 20), ("", 0), (None, 0), ("dev", 0)],
)
def test_the_major_of_a_version(version: str | None, major: int) -> None:
    assert engine_major(version) == major


@pytest.mark.parametrize(
    ("policy", "package", "version"),
    [
        (POLICY, "docker.io", "26.1.5+dfsg1-9+b9"),
        (POLICY, "docker-ce", ""),
        (POLICY, "podman", ""),
        ("", "docker.io", ""),
    ],
)
def test_the_candidate_of_a_package(policy: str, package: str, version: str) -> None:
    assert candidate_version(policy, package) == version


def test_only_packages_with_a_version_are_pinned() -> None:
    assert pinned_packages(["a", "b"], {"b": "2*", "c": "3"}) == ["a", "b=2*"]


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
    assert kept_engine(installed, source, pinned) == kept


SIMULATION = """NOTE: This is only a simulation!
Inst docker-ce [5:27.0.1-1] (5:28.5.2-1 Docker CE:bookworm [amd64])
Inst docker-compose-plugin (2.40.0-1 Docker CE:bookworm [amd64])
Inst containerd.io [1.7.1] (1.7.2 Docker CE:bookworm [amd64]) []
Remv docker.io [26.1.5]
Inst iptables [1.8] (1.9 Debian:13 [amd64])
Conf docker-ce (5:28.5.2-1 Docker CE:bookworm [amd64])
"""


@pytest.mark.parametrize(
    ("simulation", "touched"),
    [
        (SIMULATION, ["containerd.io", "docker-ce", "docker.io"]),
        ("Inst docker-ce (5:28.5.2-1 Docker CE:bookworm [amd64])", []),
        ("Purg docker.io [26.1.5]", ["docker.io"]),
        ("", []),
    ],
)
def test_the_packages_that_restart_the_engine(simulation: str, touched: list[str]) -> None:
    assert engine_packages_touched(simulation, ["docker-ce", "docker.io", "containerd.io"]) == touched
