# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes into a bundle, and what of that hosts and trainers need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.action.bundle_contents import merged
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import (
    OBSERVED_PACKAGES,
    TOOLKIT_PACKAGES,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.contents import (
    packages_of,
    sources_of,
    trainer_of,
    trainer_problems,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.needs import (
    host_needs,
    host_problems,
    missing_files,
    of_host,
    trainer_mismatches,
)
from ansible_collections.distrain.cluster.tests.unit.support.role_files import ROLES, load

BUNDLE = {
    "apt_mirrors": "",
    "keyrings": {"debian": "/keys/debian.gpg", "ubuntu": "/keys/ubuntu.gpg"},
    "distributions": ["debian-13-amd64"],
    "packages": [],
    "image_archive": "",
    "python_version": "",
}
DOCKER = {"source": "distribution", "package_versions": {}, "repository_url": "https://download.docker.com/linux"}
TOOLKIT = {"gpu_present": "absent", "version": "1.18.1-1", "repository": "https://nvidia.github.io/l/stable/deb"}
BUILD = {
    "name": "team/trainer:1",
    "base_image": "debian:12",
    "git_repository": "https://github.com/a/b",
    "git_commit": "e" * 40,
    "git_install": True,
    "pip_requirements": ["torch==2", "a"],
    "wheels_directory": "/wheels",
    "apt_packages": [],
    "locale": "C.UTF-8",
    "timezone": "UTC",
}
FACTS = {
    "distribution": {"id": "debian", "version": "13"},
    "architecture": "amd64",
    "packages": {},
    "gpus": [],
    "machine_id": "1",
}
HOST = {
    "docker_source": "distribution",
    "docker_package_versions": {},
    "gpu_present": "auto",
    "nvidia_toolkit_version": "1.18.1-1",
}
OF_DEBIAN = [
    "docker.io",
    "docker-cli",
    "docker-buildx",
    "docker-compose",
    "ca-certificates",
    "iptables",
    "python3-venv",
]


NONE: Mapping[str, Any] = MappingProxyType({})


def given(
    bundle: Mapping[str, Any] = NONE, docker: Mapping[str, Any] = NONE, toolkit: Mapping[str, Any] = NONE
) -> dict[str, Any]:
    return {"bundle": {**BUNDLE, **bundle}, "docker": {**DOCKER, **docker}, "nvidia_toolkit": {**TOOLKIT, **toolkit}}


@pytest.mark.parametrize(
    ("name", "arguments", "uris"),
    [
        ("debian-13-amd64", given(), ["http://deb.debian.org/debian", "http://deb.debian.org/debian-security"]),
        ("ubuntu-24.04-amd64", given(), ["http://archive.ubuntu.com/ubuntu"]),
        ("ubuntu-22.04-arm64", given(), ["http://ports.ubuntu.com/ubuntu-ports"]),
        ("ubuntu-24.04-arm64", given({"apt_mirrors": "http://m"}), ["http://m/ubuntu-ports"]),
        (
            "ubuntu-24.04-amd64",
            given(docker={"source": "docker"}, toolkit={"gpu_present": "auto"}),
            [
                "http://archive.ubuntu.com/ubuntu",
                "https://download.docker.com/linux/ubuntu",
                "https://nvidia.github.io/l/stable/deb/amd64",
            ],
        ),
    ],
)
def test_the_repositories_of_a_distribution(name: str, arguments: dict[str, Any], uris: list[str]) -> None:
    assert [one["uri"] for one in sources_of(name, arguments)] == uris


@pytest.mark.parametrize("name", ["debian-11-amd64", "debian-13", "debian-13-s390x", "rocky-9-amd64", ""])
def test_a_distribution_that_there_is_not(name: str) -> None:
    with pytest.raises(PlanError, match=f"bundle_distributions has '{name}', and can have debian-12"):
        merged([given({"distributions": [name]})])


def test_no_distribution_at_all() -> None:
    with pytest.raises(PlanError, match="bundle_distributions is empty"):
        merged([given({"distributions": []})])


def test_packages_with_their_pins() -> None:
    pinned = given(
        docker={"source": "docker", "package_versions": {"docker-ce": "5:28.*"}}, toolkit={"gpu_present": "auto"}
    )
    packages = packages_of("debian-13-amd64", pinned)
    assert "docker-ce=5:28.*" in packages
    assert {f"{name}=1.18.1-1" for name in TOOLKIT_PACKAGES} <= set(packages)
    assert packages_of("debian-13-amd64", given({"packages": ["docker-registry"]}))[:7] == OF_DEBIAN


def test_hosts_with_other_needs_share_a_distribution() -> None:
    one = merged([given(), given(toolkit={"gpu_present": "present"})])["debian-13-amd64"]
    assert [source["name"] for source in one["sources"]] == ["debian", "debian-security", "nvidia"]
    assert len(one["packages"]) == len(set(one["packages"]))


def test_two_addresses_of_one_repository() -> None:
    with pytest.raises(PlanError, match="two addresses of the repository docker"):
        merged([given(docker={"source": "docker", "repository_url": url}) for url in ("http://a", "http://b")])


@pytest.mark.parametrize(
    ("bundle", "build", "parts"),
    [
        ({}, {}, {"base", "project", "wheels"}),
        ({}, {"git_install": False, "pip_requirements": []}, {"base", "project"}),
        ({}, {"git_repository": ""}, {"base", "wheels"}),
        ({"image_archive": "/image.tar"}, {}, {"image"}),
    ],
)
def test_what_a_trainer_consists_of(bundle: dict[str, str], build: dict[str, Any], parts: set[str]) -> None:
    assert set(trainer_of({**BUNDLE, **bundle}, {**BUILD, **build})["parts"]) == parts


@pytest.mark.parametrize(
    ("bundle", "build", "said"),
    [
        ({}, {}, ""),
        ({}, {"apt_packages": ["git"]}, "gets packages of its base image's distribution (git"),
        ({}, {"locale": "en_US.UTF-8"}, "(locales"),
        ({}, {"timezone": "Europe/Vienna"}, "(tzdata"),
        ({}, {"wheels_directory": ""}, "bundle_python_version is empty"),
        ({"python_version": "3.11"}, {"wheels_directory": ""}, ""),
        ({"image_archive": "/image.tar"}, {"apt_packages": ["git"]}, ""),
    ],
)
def test_what_cannot_be_built_without_a_network(bundle: dict[str, str], build: dict[str, Any], said: str) -> None:
    problems = list(trainer_problems({**BUNDLE, **bundle}, {**BUILD, **build}))
    assert [said in one for one in problems] == [True] * bool(said)


@pytest.mark.parametrize(
    ("host", "facts", "needs"),
    [
        ({}, {}, OF_DEBIAN),
        ({}, {"packages": dict.fromkeys(OF_DEBIAN, "1")}, []),
        ({}, {"packages": {**dict.fromkeys(OF_DEBIAN[1:], "1"), "docker-ce": "5:29"}}, []),
        ({"gpu_present": "present"}, {"packages": dict.fromkeys(OF_DEBIAN, "1")}, list(TOOLKIT_PACKAGES)),
        ({}, {"packages": dict.fromkeys(OF_DEBIAN, "1"), "gpus": ["a"]}, list(TOOLKIT_PACKAGES)),
        ({}, {"distribution": {"id": "rocky", "version": "9"}}, []),
    ],
)
def test_what_a_host_needs(host: dict[str, Any], facts: dict[str, Any], needs: list[str]) -> None:
    assert host_needs({**HOST, **host}, {**FACTS, **facts}) == needs


MANIFEST: dict[str, Any] = {
    "distributions": {
        "debian-13-amd64": {"packages": [*OF_DEBIAN, "git=1"], "sources": [{"name": "debian", "key": "/k"}]}
    },
    "files": [
        {"path": "apt/debian-13-amd64/debian/dists/trixie/InRelease", "size": 1, "sha256": "a"},
        {"path": "apt/debian-13-amd64/debian/pool/d.deb", "size": 2, "sha256": "b"},
        {"path": "apt/debian-13-amd64/nvidia/n.deb", "size": 2, "sha256": "c"},
        {"path": "apt/debian-13-amd64/docker.asc", "size": 2, "sha256": "d"},
        {"path": "trainer/base.tar", "size": 3, "sha256": "e"},
    ],
}


@pytest.mark.parametrize(
    ("facts", "needs", "said"),
    [
        ({}, OF_DEBIAN, ""),
        ({}, ["git"], ""),
        ({}, ["docker-ce"], "it lacks docker-ce, which the bundle does not have for debian-13-amd64"),
        ({"architecture": "arm64"}, [], ""),
        (
            {"architecture": "arm64"},
            ["git"],
            "it is debian-13-arm64, lacks git, and the bundle has packages for debian-13-amd64",
        ),
    ],
)
def test_what_a_bundle_does_not_have(facts: dict[str, Any], needs: list[str], said: str) -> None:
    problems = list(host_problems(MANIFEST, {**FACTS, **facts}, needs))
    assert [said in one for one in problems] == [True] * bool(said)


def test_what_a_host_gets_before_any_package() -> None:
    host = of_host(MANIFEST, FACTS, "/var/lib/distrain/bundle")
    assert [one["path"] for one in host["index"]] == ["apt/debian/dists/trixie/InRelease", "apt/docker.asc"]
    assert host["sources"] == [{"name": "debian", "key": ""}]
    assert of_host(MANIFEST, {**FACTS, "architecture": "arm64"}, "/d") == {}


@pytest.mark.parametrize(("path", "digest", "missing"), [("d", "b", []), ("d", "x", ["d.deb"]), ("q", "b", ["q.deb"])])
def test_files_that_apt_wants_and_the_bundle_does_not_have(path: str, digest: str, missing: list[str]) -> None:
    files = {one["path"]: one["sha256"] for one in MANIFEST["files"]}
    wanted = [{"path": f"apt/debian/pool/{path}.deb", "sha256": digest}]
    assert missing_files(files, "debian-13-amd64", wanted) == missing


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ({}, []),
        ({"pip_requirements": ["a", "torch==2"]}, []),
        ({"git_commit": "f" * 40}, ["image_build_git_commit"]),
        ({"name": "b:2", "pip_requirements": ["b"]}, ["image_build_name", "image_build_pip_requirements"]),
    ],
)
def test_another_trainer_than_the_inventory_has(build: dict[str, Any], said: list[str]) -> None:
    found = trainer_mismatches(trainer_of(BUNDLE, BUILD), {**BUILD, **build})
    assert [re.match(r"\w+", one)[0] for one in found] == said  # type: ignore[index]


def test_the_role_observes_what_roles_install() -> None:
    (role,) = (one for one in ROLES if one.name == "bundle")
    observed = load(role / "vars/main.yml")["__bundle_observed_packages"]
    assert observed == sorted({*OBSERVED_PACKAGES, *TOOLKIT_PACKAGES})
