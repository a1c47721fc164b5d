# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Repositories that somebody has added to apt before, with another key; one of the hosts serves an empty one."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Play
from tests.faults.steps import Leave, On, Wait

ONE, TWO, THREE = lab.HOSTS
PORT = 8098
REPOSITORY = f"http://{lab.address(ONE)}:{PORT}"
DIRECTORY = "/srv/empty-repository"
SUITE = f"{DIRECTORY}/debian/dists/trixie"
SOURCES = "/etc/apt/sources.list.d"
FINGERPRINT = "08F57E9A233645B9FDBB703790F66B5F57DAB7F2"
# What was signed once, with a key that is gone: an index without any package.
RELEASE = """\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

Origin: Docker
Suite: trixie
Codename: trixie
Date: Wed, 01 Jan 2025 00:00:00 UTC
Architectures: amd64 arm64
Components: stable
SHA256:
 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 stable/binary-amd64/Packages
 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 stable/binary-arm64/Packages
-----BEGIN PGP SIGNATURE-----

iHUEARYKAB0WIQQI9X6aIzZFuf27cDeQ9mtfV9q38gUCZ3SFgQAKCRCQ9mtfV9q3
8tvSAQDse3TQE9OUnaL1qZDEsf4kdrrwd+H92kB28l65hDW2hAD+IKa3vodmpdz8
OSKGrC754y6pJiPf+AVe9VzVwbNpIQ4=
=XjrJ
-----END PGP SIGNATURE-----
"""
KEY = """\
-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEZ3SFgBYJKwYBBAHaRw8BAQdAcgmtp2aOKW83m+Z3YreDnzNQiRV2jPTpLfcn
IOXZIbW0GFVuaXQgdGVzdCByZXBvc2l0b3J5IGtleYiQBBMWCAA4FiEECPV+miM2
Rbn9u3A3kPZrX1fat/IFAmd0hYACGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AA
CgkQkPZrX1fat/KV9AD/ffUKCkDXJe2xrIFsZQLRvNJfIrOIBDDxQX3QnyyKC2AB
AKM0VA70QJn4Tk5Tg3O2/+J0RAV4YxLFTOP26SLvIMsP
=0N/v
-----END PGP PUBLIC KEY BLOCK-----
"""
ENTRY = f"{REPOSITORY}/debian trixie stable"
BY_THE_GUIDE = (
    f"deb [arch=$(dpkg --print-architecture) signed-by=/usr/share/keyrings/docker-archive-keyring.gpg] {ENTRY}"
)
OURS = f"deb [signed-by=/etc/apt/keyrings/docker.asc] {ENTRY}"
STANZA = (
    rf"Types: deb\nURIs: {REPOSITORY}/debian/\nSuites: trixie\nComponents: stable\n"
    r"Signed-By: /usr/share/keyrings/docker.gpg\n"
)
UP = (
    On(ONE, f"mkdir -p {SUITE}/stable/binary-amd64 {SUITE}/stable/binary-arm64"),
    On(ONE, f"touch {SUITE}/stable/binary-amd64/Packages {SUITE}/stable/binary-arm64/Packages"),
    On(ONE, f"cat >{SUITE}/InRelease <<'END'\n{RELEASE}END"),
    On(ONE, f"cat >{DIRECTORY}/key <<'END'\n{KEY}END"),
    Leave(ONE, f"exec python3 -m http.server --directory {DIRECTORY} {PORT}"),
    Wait(ONE, f"ss -Hltn sport = :{PORT} | grep -q ."),
)
DOWN = (
    On(ONE, f"pkill -f 'http.server --directory {DIRECTORY}'; rm -r {DIRECTORY}"),
    On(
        "all",
        f"rm -f {SOURCES}/docker.* {SOURCES}/vendor.* /etc/apt/keyrings/docker.asc; apt-get indextargets >/dev/null",
    ),
)


def hosts() -> Play:
    """The index has no package, so that the engine stays the distribution's, and the error comes after the lists."""
    return Play(
        "hosts",
        {
            "docker_source": "docker",
            "docker_repository_url": REPOSITORY,
            "docker_repository_key": f"{REPOSITORY}/key",
            "docker_repository_key_fingerprint": FINGERPRINT,
        },
    )


SOURCE_CASES = (
    Case(
        "repository-by-the-guide",
        f"{TWO} has Docker's repository in docker.list with another key, {THREE} in a file of the new format",
        prepare=[
            *UP,
            On(TWO, f'echo "{BY_THE_GUIDE}" >{SOURCES}/docker.list && echo "{OURS}" >{SOURCES}/vendor.list'),
            # The fault that this is about: apt reads no source at all.
            On(TWO, "apt-get indextargets 2>&1 | grep -q 'Conflicting values set for option Signed-By'"),
            On(TWO, f"rm {SOURCES}/vendor.list"),
            On(THREE, f"printf '{STANZA}' >{SOURCES}/vendor.sources"),
        ],
        run=hosts(),
        says=[f"{TWO}: apt on this host cannot install docker-ce", "Look at docker_package_versions"],
        proof=[
            On("all", f"apt-get indextargets --format '$(SITE)' | grep -q {REPOSITORY}"),
            On(TWO, f"grep -q '^# Out of use' {SOURCES}/docker.list && grep -q '^# deb ' {SOURCES}/docker.list"),
            On(THREE, f"grep -q '^Enabled: no' {SOURCES}/vendor.sources"),
            On("all", "docker version >/dev/null"),
        ],
        restore=DOWN,
    ),
    Case(
        "repository-with-more",
        f"docker.list of {TWO} has the component test too",
        prepare=[*UP, On(TWO, f'echo "{BY_THE_GUIDE} test" >{SOURCES}/docker.list')],
        run=hosts(),
        says=[
            f"{TWO}: {SOURCES}/docker.list, line 1, names the repository of docker_repository_url too, with more",
            "Nothing was changed: remove that entry",
        ],
        proof=[On("all", f"test ! -e {SOURCES}/docker.sources && apt-get indextargets >/dev/null")],
        restore=DOWN,
    ),
)
