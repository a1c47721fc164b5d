# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be done on each host to have Docker Engine there, and the Python that the modules run in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import (
    APT_PACKAGE,
    DISTRIBUTION_PACKAGES,
    ENGINE_PACKAGES,
)

from ..apt.signing_key import has_key
from .engine_version import engine_major
from .former_engine import option_notes, option_problems, provenance_problems
from .hosts import Host, first_to_restart, refuse
from .packages import as_apt_takes_them, kept_engine, missing_packages, missing_requirements, wanted_packages

MINIMUM_MAJOR = 25
WAYS_OUT = {
    "docker-ce": (
        "Set docker_source to docker and docker_package_versions to a newer version, as in {'docker-ce': '5:28.*', "
        "'docker-ce-cli': '5:28.*'}, or upgrade these packages on the host by hand."
    ),
    "docker.io": (
        "Upgrade docker.io on the host by hand where its distribution has a newer one, or set docker_source to docker "
        "to install Docker's own engine in its place."
    ),
}


def decide(
    hosts: Sequence[Host], requirements: Mapping[str, str], stage: str, check_mode: bool, bundled_wheels: str = ""
) -> dict[str, Any]:
    """The needs of each host, and the order of engines. Raises PlanError where a host cannot be served.

    ``requirements`` are the texts of the requirements files by the names of the hosts. ``stage`` is C(start), or
    C(packages) when the package lists are fresh, or C(end) when all was done. ``bundled_wheels`` is the directory of
    the wheels in a bundle, from which the packages are then too; empty without a bundle.
    """
    refuse((host.name, problem) for host in hosts for problem in problems(host, stage, check_mode))
    decided = {host.name: _decision(host, requirements[host.name], check_mode, bundled_wheels) for host in hosts}
    refuse(_differing_wheels(decided))
    return {
        "hosts": decided,
        "first_to_restart": first_to_restart(hosts),
        "upgrade_order": _upgrade_order(hosts, decided) if stage == "packages" else [],
        "is_ready": all(one["is_ready"] for one in decided.values()),
    }


def _upgrade_order(hosts: Sequence[Host], decided: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The hosts whose engine the packages would replace, in the order of the play."""
    return [host.name for host in hosts if host.observed["replaced"] and decided[host.name]["can_install"]]


def wheels_directory(requirements: str) -> str:
    """The name of the directory with the wheels of a requirements file."""
    return hashlib.sha256(requirements.encode()).hexdigest()


def _decision(host: Host, requirements: str, check_mode: bool, bundled_wheels: str) -> dict[str, Any]:
    arguments, observed = host.arguments, host.observed
    packages = _packages(host)
    missing = missing_requirements(requirements, observed["python"]["packages"])
    needs = {
        # A bundle has the repository's packages, and the host is not to look for more of them outside.
        "repository": arguments["source"] == "docker" and not bundled_wheels and not _has_repository(host),
        "packages": bool(packages),
        "sdk": bool(missing),
        "configuration": bool(observed["configuration"]["steps"]),
        "start": not observed["is_enabled"],
    }
    directory = bundled_wheels or str(arguments["wheels_directory"])
    return {
        "needs": [name for name, is_needed in needs.items() if is_needed],
        "packages": as_apt_takes_them(packages, arguments["package_versions"]),
        "package_names": packages,
        "can_install": not check_mode or _can_preview(observed, packages),
        "missing_requirements": missing,
        "has_environment": bool(observed["python"]["packages"]),
        "wheels_path": f"{directory}/{wheels_directory(requirements)}",
        "is_ready": observed["python"]["exists"] and bool(observed["engine"]["version"]),
    }


def _can_preview(observed: Mapping[str, Any], packages: Sequence[str]) -> bool:
    """Whether apt can preview an installation: a bare host may lack package lists, and what the module apt needs."""
    return APT_PACKAGE in observed["packages"] and all(observed["candidates"].get(name) for name in packages)


def _packages(host: Host) -> list[str]:
    arguments, observed = host.arguments, host.observed
    installed = observed["packages"]
    wanted = wanted_packages(arguments["source"], observed["distribution"]["id"], installed, observed["cli_plugins"])
    return missing_packages(wanted, installed, arguments["package_versions"])


def _has_repository(host: Host) -> bool:
    source = host.observed["source"] or {}
    return bool(source.get("is_current")) and has_key(source["key"], host.arguments["repository_key_fingerprint"])


def problems(host: Host, stage: str, check_mode: bool) -> Iterator[str]:
    """What prevents an engine on this host, each in a few sentences."""
    observed = host.observed
    if observed["distribution"]["id"] not in DISTRIBUTION_PACKAGES:
        yield (
            f"This host runs {observed['distribution']['name']}; the role docker installs on Debian 12 and 13 and "
            f"Ubuntu 22.04 and 24.04. Install Docker Engine {MINIMUM_MAJOR} or newer by hand and leave the role out."
        )
        return
    yield from option_problems(host)
    yield from filter(None, [observed["configuration"]["problem"], (observed["source"] or {}).get("problem")])
    foreign = list(provenance_problems(host, _packages(host)))
    yield from foreign or _version_problems(host)
    if stage == "packages":
        yield from _candidate_problems(host, check_mode)
        yield from _replacement_problems(host)
    if stage == "end":
        yield from _end_problems(host)


def _version_problems(host: Host) -> Iterator[str]:
    """An engine that is too old and that no package of this run replaces."""
    installed, running = host.observed["packages"], host.observed["engine"]["version"]
    name, version = kept_engine(installed, host.arguments["source"], host.arguments["package_versions"])
    if name and engine_major(version) < MINIMUM_MAJOR:
        yield (
            f"{name} {version} is installed on this host and would stay, and Docker Engine {MINIMUM_MAJOR} or newer is "
            f"needed. Nothing was changed. {WAYS_OUT[name]}"
        )
    elif running and engine_major(running) < MINIMUM_MAJOR and not set(_packages(host)) & set(ENGINE_PACKAGES):
        yield (
            f"This host runs Docker Engine {running}, and {MINIMUM_MAJOR} or newer is needed. "
            f"{WAYS_OUT[next((one for one in WAYS_OUT if one in installed), 'docker.io')]}"
        )


def _candidate_problems(host: Host, check_mode: bool) -> Iterator[str]:
    """Packages that apt does not have, or only too old; in check mode a bare host has no package lists yet."""
    observed, pinned = host.observed, host.arguments["package_versions"]
    for name in _packages(host):
        candidate = observed["candidates"].get(name)
        if not candidate and check_mode:
            continue
        if name == "docker.io" and not candidate:
            yield (
                "apt on this host has no package docker.io to install: add the distribution's own repository to its "
                "sources, or set docker_source to docker to install the engine from Docker's."
            )
        elif name == "docker.io" and engine_major(pinned.get(name) or candidate) < MINIMUM_MAJOR:
            yield (
                f"{observed['distribution']['name']} has docker.io {candidate}, and Docker Engine {MINIMUM_MAJOR} or "
                "newer is needed: set docker_source to docker to install it from Docker's own repository."
            )
        elif name.endswith("-plugin") and not candidate and host.arguments["source"] == "distribution":
            yield (
                f"docker-ce {observed['packages']['docker-ce']} is installed on this host without {name}, which is "
                "needed, and apt has no such package there: set docker_source to docker to add Docker's repository."
            )


def _replacement_problems(host: Host) -> Iterator[str]:
    work, replaced = host.observed["configuration"].get("running_work"), host.observed["replaced"]
    if work and replaced and not host.arguments["restart_under_jobs"]:
        yield (
            f"apt would replace {', '.join(replaced)}, which restarts the engine, and a restart ends what runs on this "
            f"host: {', '.join(work)}. Nothing was installed: wait until it has ended or stop it, or set "
            "docker_restart_under_jobs to true to end it."
        )


def _end_problems(host: Host) -> Iterator[str]:
    engine, arguments = host.observed["engine"], host.arguments
    if not engine["version"]:
        yield (
            f"No engine answers on this host: {engine['error']}. Its journal (journalctl -u docker) says why; its "
            "configuration is /etc/docker/daemon.json."
        )
    if not host.observed["python"]["exists"]:
        yield (
            f"{arguments['python']} (docker_python) is not there, although {arguments['venv']} (docker_venv) was made: "
            "let docker_python be bin/python in docker_venv."
        )


def _differing_wheels(decided: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The wheels are downloaded once for all hosts."""
    paths = {one["wheels_path"] for one in decided.values() if one["missing_requirements"]}
    if len(paths) > 1:
        for name in decided:
            yield name, "docker_requirements_file and docker_wheels_directory must be the same for all hosts."


def notes(hosts: Sequence[Host]) -> Iterator[str]:
    """What a user should know although nothing is done about it."""
    for host in hosts:
        yield from option_notes(host)
        version = host.observed["packages"].get("docker-ce")
        if version and host.arguments["source"] == "distribution":
            yield (
                f"{host.name}: docker-ce {version} is installed and kept, although docker_source is distribution: the "
                "distribution's package would replace it."
            )
