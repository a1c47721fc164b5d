# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what the hosts and the trainer of an inventory need of a bundle, and what it does not have of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import TOOLKIT_PACKAGES

from ..installation.packages import missing_packages, wanted_packages
from .contents import distribution_name, on_hosts


def host_needs(arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Return the packages that a host has to get; ``facts`` are what C(host_info) returned there."""
    distribution, installed = facts["distribution"]["id"], facts["packages"]
    if distribution not in ("debian", "ubuntu"):
        return []
    wanted = wanted_packages(arguments["docker_source"], distribution, installed, ("buildx", "compose"))
    names = missing_packages(wanted, installed, arguments["docker_package_versions"])
    present = arguments["gpu_present"]
    if facts["gpus"] if present == "auto" else present == "present":
        pinned = dict.fromkeys(TOOLKIT_PACKAGES, arguments["nvidia_toolkit_version"])
        names += missing_packages(TOOLKIT_PACKAGES, installed, pinned)
    return names


def host_problems(manifest: Mapping[str, Any], facts: Mapping[str, Any], needs: Sequence[str]) -> Iterator[str]:
    """Yield what a host needs and the bundle does not have, each in a sentence."""
    name = distribution_name(facts["distribution"], facts["architecture"])
    has = manifest["distributions"].get(name)
    if not needs:
        return
    if has is None:
        yield (
            f"it is {name}, lacks {', '.join(needs)}, and the bundle has packages for "
            f"{', '.join(sorted(manifest['distributions'])) or 'no distribution'}: make it again with {name} in "
            "bundle_distributions."
        )
        return
    packages = {one.partition("=")[0] for one in has["packages"]}
    missing = [one for one in needs if one not in packages]
    if missing:
        yield (
            f"it lacks {', '.join(missing)}, which the bundle does not have for {name}: make it again with this "
            "inventory (docker_source, nvidia_toolkit_gpu_present)."
        )


def trainer_mismatches(trainer: Mapping[str, Any], build: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the bundle has another trainer than the inventory."""
    if not trainer:
        return
    wanted: dict[str, Any] = {"name": build["name"]}
    if "image" not in trainer["parts"]:
        commit = build["git_commit"] if build["git_repository"] else ""
        requirements = sorted(build["pip_requirements"])
        wanted |= {"base_image": build["base_image"], "git_commit": commit, "requirements": requirements}
    for name, value in wanted.items():
        if trainer[name] != value:
            variable = {"requirements": "pip_requirements"}.get(name, name)
            yield f"image_build_{variable} is {_shown(value)}, and the bundle has {_shown(trainer[name])}"


def of_host(manifest: Mapping[str, Any], facts: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """Return what the bundle has for a host, as the action bundle_packages needs it; nothing where it has nothing."""
    name = distribution_name(facts["distribution"], facts["architecture"])
    has = manifest["distributions"].get(name)
    if has is None:
        return {}
    prefix = f"apt/{name}/"
    files = [one for one in manifest["files"] if one["path"].startswith(prefix)]
    index = [_on_host(one, prefix) for one in files if "/pool/" not in one["path"] and not one["path"].endswith(".deb")]
    return {
        "name": name,
        "architecture": facts["architecture"],
        "directory": directory,
        "sources": on_hosts(has["sources"]),
        "index": index,
    }


def _on_host(file: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {"path": f"apt/{file['path'].removeprefix(prefix)}", "size": file["size"], "sha256": file["sha256"]}


def missing_files(manifest_files: Mapping[str, str], name: str, wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the files that a host wants and the bundle does not have; both are known by paths and SHA-256."""
    return [
        one["path"].rpartition("/")[2]
        for one in wanted
        if manifest_files.get(f"apt/{name}/{one['path'].removeprefix('apt/')}") != one["sha256"]
    ]


def _shown(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}'"
