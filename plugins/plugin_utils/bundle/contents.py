# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what a bundle has to hold for the hosts and the trainer of an inventory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import APT_PACKAGE, TOOLKIT_PACKAGES

from ..installation.packages import as_apt_takes_them, wanted_packages
from .driver import DRIVER_KEY, NONE, driver_components, driver_packages_of, driver_repository

# The distributions that the roles support, by the names that a bundle has for them.
CODENAMES = {
    "debian-12": "bookworm",
    "debian-13": "trixie",
    "ubuntu-22.04": "jammy",
    "ubuntu-24.04": "noble",
}
ARCHITECTURES = ("amd64", "arm64")
# What the roles install where they need it: the shell of the probe image, and the firewall.
OTHER_PACKAGES = (APT_PACKAGE, "busybox-static", "nftables")
DOCKER_KEY, NVIDIA_KEY = "docker.asc", "nvidia.asc"
SDK_WHEELS, TRAINER = "sdk-wheels", "trainer"
BASE, IMAGE, WHEELS = f"{TRAINER}/base.tar", f"{TRAINER}/image.tar", f"{TRAINER}/wheels"
NO_TRAINER: dict[str, Any] = {}
_ADDRESSES = {
    "debian": "http://deb.debian.org/debian",
    "debian-security": "http://deb.debian.org/debian-security",
    "ubuntu": "http://archive.ubuntu.com/ubuntu",
    "ubuntu-ports": "http://ports.ubuntu.com/ubuntu-ports",
}


def distribution_name(distribution: Mapping[str, str], architecture: str) -> str:
    """Return the name that a bundle has for the distribution of a host."""
    return f"{distribution['id']}-{distribution['version']}-{architecture}"


def split_name(name: str) -> tuple[str, str, str]:
    """Return the distribution's ID, its codename and the architecture of a name; raise PlanError."""
    release, _dash, architecture = name.rpartition("-")
    if release not in CODENAMES or architecture not in ARCHITECTURES:
        raise PlanError(
            f"bundle_distributions has '{name}', and can have {', '.join(CODENAMES)}, each with -amd64 or -arm64 at "
            "its end, such as debian-13-amd64."
        )
    return release.partition("-")[0], CODENAMES[release], architecture


def sources_of(name: str, arguments: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the repositories of a distribution; ``arguments`` are of the roles, by their names.

    A key with a slash is of the machine that makes the bundle; hosts of that distribution have their own.
    """
    distribution, codename, architecture = split_name(name)
    mirror, keyring = arguments["bundle"]["apt_mirrors"], arguments["bundle"]["keyrings"].get(distribution, "")
    driver = arguments.get("nvidia_driver", NONE)
    more = driver_components(distribution, driver)
    sources = list(_of_distribution(distribution, codename, architecture, mirror, keyring, more))
    if arguments["docker"]["source"] == "docker":
        uri = f"{arguments['docker']['repository_url'].rstrip('/')}/{distribution}"
        sources.append(_source("docker", uri, [codename], ["stable"], DOCKER_KEY))
    if arguments["nvidia_toolkit"]["gpu_present"] != "absent":
        uri = f"{arguments['nvidia_toolkit']['repository'].rstrip('/')}/{architecture}"
        sources.append(_source("nvidia", uri, ["/"], [], NVIDIA_KEY))
    uri = driver_repository(name, driver)[0]
    return [*sources, *([_source("nvidia-driver", uri, ["/"], [], DRIVER_KEY)] if uri else [])]


def packages_of(name: str, arguments: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the packages that a bare host of a distribution is to get, as apt takes them."""
    docker, toolkit = arguments["docker"], arguments["nvidia_toolkit"]
    wanted = wanted_packages(docker["source"], split_name(name)[0], {}, [])
    packages = as_apt_takes_them([*wanted, *OTHER_PACKAGES], docker["package_versions"])
    if toolkit["gpu_present"] != "absent":
        packages += as_apt_takes_them(TOOLKIT_PACKAGES, dict.fromkeys(TOOLKIT_PACKAGES, toolkit["version"]))
    packages += driver_packages_of(name, arguments.get("nvidia_driver", NONE))
    return [*packages, *arguments["bundle"]["packages"]]


def trainer_of(bundle: Mapping[str, Any], build: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a bundle has of the trainer: the built image, or what a site builds it from without a network."""
    facts = {"name": build["name"], "base_image": "", "git_commit": "", "requirements": [], "parts": {}}
    if bundle["image_archive"]:
        return {**facts, "parts": {"image": IMAGE}}
    commit = build["git_commit"] if build["git_repository"] else ""
    parts = {"base": BASE}
    if commit:
        parts["project"] = f"{TRAINER}/project-{commit}.tar"
    if needs_wheels(build):
        parts["wheels"] = WHEELS
    requirements = sorted(build["pip_requirements"])
    return {
        **facts,
        "base_image": build["base_image"],
        "git_commit": commit,
        "requirements": requirements,
        "parts": parts,
    }


def needs_wheels(build: Mapping[str, Any]) -> bool:
    """Return whether the image's build installs Python packages."""
    return bool(build["pip_requirements"] or (build["git_repository"] and build["git_install"]))


def trainer_problems(bundle: Mapping[str, Any], build: Mapping[str, Any]) -> Iterator[str]:
    """Yield what keeps a trainer's image from being built without a network, each in a sentence."""
    if bundle["image_archive"]:
        return
    packages = list(build["apt_packages"])
    packages += [] if re.match(r"(C|POSIX)\b", build["locale"]) else ["locales"]
    packages += [] if build["timezone"] == "UTC" else ["tzdata"]
    if packages:
        yield (
            f"The image {build['name']} gets packages of its base image's distribution ({', '.join(packages[:4])}…), "
            "which no bundle has. Build the image where there is a way out, save it with docker save, and set "
            "bundle_image_archive to that file; or choose a base image that has them, and empty "
            "image_build_apt_packages."
        )
    if needs_wheels(build) and not build["wheels_directory"] and not bundle["python_version"]:
        yield (
            "bundle_python_version is empty: set it to the version of the Python in the base image, such as 3.11, for "
            "which wheels are downloaded."
        )


def parts_of(contents: Mapping[str, Any], build: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what is to be said of the files in a manifest, by the directories and files that hold them."""
    parts = [{"path": SDK_WHEELS, "what": "wheels of the modules' Python", "source": "the index of pip"}]
    for name, one in contents["distributions"].items():
        for source in one["sources"]:
            path = f"apt/{name}/{source['name']}"
            parts.append({"path": path, "what": "packages", "source": source["uri"], "distribution": name})
        parts.append({"path": f"apt/{name}", "what": "signing keys", "source": "", "distribution": name})
    whats = {
        "image": ("the trainer's image", build["name"]),
        "base": ("base image", build["base_image"]),
        "project": ("training project", f"{build['git_repository']} {build['git_commit']}"),
        "wheels": ("wheels of the trainer", "the index of pip"),
    }
    named = (contents["trainer"].get("parts") or {}).items()
    return [*parts, *({"path": path, "what": whats[name][0], "source": whats[name][1]} for name, path in named)]


def on_hosts(sources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return repositories as hosts read them: by the keys of their distribution, or by those of the bundle."""
    return [{**one, "key": "" if "/" in one["key"] else one["key"]} for one in sources]


def _of_distribution(
    distribution: str, codename: str, architecture: str, mirror: str, keyring: str, more: Sequence[str]
) -> Iterator[dict[str, Any]]:
    if distribution == "debian":
        suites = [codename, f"{codename}-updates"]
        yield _source("debian", _address("debian", mirror), suites, ["main", *more], keyring)
        security = [f"{codename}-security"]
        yield _source("debian-security", _address("debian-security", mirror), security, ["main", *more], keyring)
        return
    name = "ubuntu" if architecture == "amd64" else "ubuntu-ports"
    suites = [codename, f"{codename}-updates", f"{codename}-security"]
    yield _source(name, _address(name, mirror), suites, ["main", "universe", *more], keyring)


def _address(name: str, mirror: str) -> str:
    return f"{mirror}/{name}" if mirror else _ADDRESSES[name]


def _source(name: str, uri: str, suites: list[str], components: list[str], key: str) -> dict[str, Any]:
    return {"name": name, "uri": uri, "suites": suites, "components": components, "key": key}
