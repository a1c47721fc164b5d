# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.apt.packages import (
    candidate_version,
    candidates,
    replaced,
    replaced_in,
)

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
    assert replaced_in(simulation, ["docker-ce", "docker.io", "containerd.io"]) == touched


def test_apt_is_not_run_for_no_package() -> None:
    assert candidates([]) == {}
    assert replaced([], ["docker.io"]) == []
