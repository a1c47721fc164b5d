# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be done on each host with a GPU to have it in containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import TOOLKIT_PACKAGES

from ..apt.signing_key import has_key
from .hosts import Host, first_to_restart, refuse
from .packages import as_apt_takes_them, missing_packages


def decide(
    hosts: Sequence[Host], gpu_problems: Mapping[str, Sequence[str]], stage: str, has_bundle: bool = False
) -> dict[str, Any]:
    """The GPUs and the needs of each host, and which engine is restarted first.

    ``gpu_problems`` are sentences on GPUs that do not work, by the names of the hosts. ``stage`` is C(start), or
    C(installed) once the packages are there. With ``has_bundle`` they are from a bundle, and no repository is added.
    Raises PlanError where a host cannot have its GPUs in containers.
    """
    refuse(
        (host.name, problem) for host in hosts for problem in _problems(host, gpu_problems.get(host.name, ()), stage)
    )
    return {
        "hosts": {host.name: _decision(host, has_bundle) for host in hosts},
        "first_to_restart": first_to_restart(hosts),
    }


def _decision(host: Host, has_bundle: bool) -> dict[str, Any]:
    observed, version = host.observed, host.arguments["version"]
    decision = {"gpu_count": observed["gpu_count"], "needs": [], "packages": []}
    if not observed["has_gpu"] or "source" not in observed:
        return decision
    pinned = dict.fromkeys(TOOLKIT_PACKAGES, version)
    needs = {
        "repository": not has_bundle and not _has_repository(host),
        "packages": bool(missing_packages(TOOLKIT_PACKAGES, observed["packages"], pinned)),
        "configuration": bool((observed["configuration"] or {}).get("steps")),
        "specification": observed["is_installed"] and not observed["specification_is_current"],
        "proof": observed["proof"]["wanted"] != observed["proof"]["found"],
    }
    return {
        **decision,
        "needs": [name for name, is_needed in needs.items() if is_needed],
        "packages": as_apt_takes_them(TOOLKIT_PACKAGES, pinned),
    }


def _has_repository(host: Host) -> bool:
    source = host.observed["source"]
    return bool(source["is_current"]) and has_key(source["key"], host.arguments["repository_key_fingerprint"])


def _problems(host: Host, gpu_problems: Sequence[str], stage: str) -> Iterator[str]:
    observed = host.observed
    if gpu_problems:
        yield f"This host is to have a GPU: {' '.join(gpu_problems)}"
        return
    for problem in ((observed.get(name) or {}).get("problem") for name in ("source", "configuration")):
        if problem:
            yield problem
    if stage == "installed" and not observed.get("is_installed", True) and not _is_missing(host):
        yield (
            f"The packages {', '.join(TOOLKIT_PACKAGES)} {host.arguments['version']} (nvidia_toolkit_version) are "
            "installed, and there is no /usr/bin/nvidia-ctk: this version is not one that the role can use."
        )


def _is_missing(host: Host) -> bool:
    """Whether the packages are still to be installed, as in check mode."""
    return bool(missing_packages(TOOLKIT_PACKAGES, host.observed["packages"], {}))
