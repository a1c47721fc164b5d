# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which indexes an InRelease names, of repositories with suites and of flat ones."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.release import index_files

DEBIAN = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Architectures: all amd64 arm64
No-Support-for-Architecture-all: Packages
MD5Sum:
 aa 9 main/binary-amd64/Packages.xz
SHA256:
 a1 50 main/binary-amd64/Packages
 a2 13 main/binary-amd64/Packages.gz
 a3 9 main/binary-amd64/Packages.xz
 a4 9 main/binary-all/Packages.xz
 a5 9 contrib/binary-amd64/Packages.xz
-----BEGIN PGP SIGNATURE-----
"""
FLAT = "Architectures: amd64\nSHA256:\n b1 7 Packages\n b2 3 Packages.gz\n"


@pytest.mark.parametrize(
    ("text", "suite", "components", "found"),
    [
        (DEBIAN, "trixie", ["main"], [("dists/trixie/main/binary-amd64/Packages.xz", 9, "a3")]),
        (
            DEBIAN,
            "trixie",
            ["main", "contrib"],
            [
                ("dists/trixie/main/binary-amd64/Packages.xz", 9, "a3"),
                ("dists/trixie/contrib/binary-amd64/Packages.xz", 9, "a5"),
            ],
        ),
        (
            DEBIAN.replace("No-Support-for-Architecture-all: Packages\n", ""),
            "trixie",
            ["main"],
            [
                ("dists/trixie/main/binary-amd64/Packages.xz", 9, "a3"),
                ("dists/trixie/main/binary-all/Packages.xz", 9, "a4"),
            ],
        ),
        (FLAT, "/", [], [("Packages.gz", 3, "b2")]),
    ],
)
def test_the_smallest_index_of_each_component(
    text: str, suite: str, components: list[str], found: list[object]
) -> None:
    files = index_files(text, suite, components, "amd64")
    assert [(one.path, one.size, one.sha256) for one in files] == found


def test_an_architecture_that_the_repository_does_not_have() -> None:
    with pytest.raises(
        ClusterError, match=r"names no index main/binary-s390x/Packages: its architectures are all, amd64"
    ):
        index_files(DEBIAN.replace(" arm64", ""), "trixie", ["main"], "s390x")
