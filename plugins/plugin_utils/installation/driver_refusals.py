# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: why a host is not touched by the role nvidia_driver, or did not become as wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import DISTRIBUTION_PACKAGES
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.driver import UNSUPPORTED, why_no_driver

from .driver_module import branch_of
from .driver_needs import host_decision, lacking, module_of, parts_of, wanted_packages_of, why_restart
from .driver_packages import (
    DISTRIBUTION,
    NVIDIA,
    headers_package,
    installed_versions,
    packages_of_version,
    upstream_version,
)
from .hosts import Host

START, PACKAGES, INSTALLED, DONE, PENDING = "start", "packages", "installed", "done", "pending"
UNTOUCHED = "Nothing was changed."
BY_HAND = (
    "Keep it, and leave nvidia_driver_source at none for this host; or remove it, with nothing on its GPUs, restart "
    "the host, and run this again"
)
COMPONENTS = {"debian": "contrib, non-free and non-free-firmware", "ubuntu": "restricted"}


def host_problems(host: Host, stage: str, check_mode: bool, has_bundle: bool) -> Iterator[str]:
    """Why a host is not touched, each in a few sentences; the first is what has to be mended first."""
    if not host.observed["has_gpu"]:
        return
    if stage in (START, PACKAGES):
        yield from list(_foreign(host) or _unfit(host, has_bundle) or _busy(host, has_bundle))[:1]
    if stage == PACKAGES and not check_mode:
        yield from list(_without_candidates(host, has_bundle))[:1]
    if stage == DONE and not check_mode:
        yield from list(_not_as_wanted(host))[:1]


def _foreign(host: Host) -> list[str]:
    """A machine or a driver that is not this role's to change."""
    observed, version = host.observed, host.arguments["version"]
    installation = observed["driver_installation"]
    if installation["platform"]:
        found, remedy = UNSUPPORTED[installation["platform"]]
        return [f"No driver is installed on this host: {found}. {remedy}"]
    if observed["distribution"]["id"] not in DISTRIBUTION_PACKAGES:
        return [
            f"This host runs {observed['distribution']['name']}; the role nvidia_driver installs on Debian 12 and 13 "
            "and Ubuntu 22.04 and 24.04. Install the driver by hand, and leave nvidia_driver_source at none for this "
            "host."
        ]
    if not branch_of(version):
        return [
            f"nvidia_driver_version is '{version}', and has to be one version of the driver, such as 580.95.05, so "
            "that all hosts get the same."
        ]
    if installation["has_run_file"]:
        return [
            "NVIDIA's driver was installed on this host by a .run file, and packages beside it would break both. "
            f"{UNTOUCHED} {BY_HAND}: nvidia-uninstall."
        ]
    return _other_packages(host)


def _other_packages(host: Host) -> list[str]:
    """A driver of another version, or of nobody's packages, that the role has not installed."""
    observed, version = host.observed, host.arguments["version"]
    has = installed_versions(observed["packages"])
    loaded = observed["loaded"]["version"]
    others = [one for one in has if one != version]
    ours = set(observed["recorded"])
    of_others = [name for one in others for name in packages_of_version(observed["packages"], one) if name not in ours]
    if of_others:
        return [
            f"The driver {', '.join(others)} is installed on this host ({_some(of_others)}), not by this role, and "
            f"nvidia_driver_version is {version}. {UNTOUCHED} Set nvidia_driver_version to {others[0]} to take it over "
            f"as it is. {BY_HAND}: apt-get purge {_some(of_others, ' ')}."
        ]
    if loaded and not has:
        return [f"The driver {loaded} is loaded on this host, and belongs to no package. {UNTOUCHED} {BY_HAND}."]
    return []


def _some(names: Sequence[str], separator: str = ", ") -> str:
    shown = separator.join(names[:4])
    return f"{shown}{separator}…" if len(names) > 4 else shown


def _unfit(host: Host, has_bundle: bool) -> list[str]:
    """What would leave the host without a working driver."""
    try:
        module_of(host)
    except PlanError as error:
        return [error.message]
    observed, decision = host.observed, host_decision(host, has_bundle)
    problem = (observed["source"] or {}).get("problem")
    if problem and "repository" in decision["needs"]:
        return [str(problem)]
    held = [name for name in decision["names"] if name in observed["held"] and name not in observed["recorded"]]
    if "packages" in decision["needs"] and held:
        return [
            f"The packages {', '.join(held)} are held on this host (apt-mark hold), and not by this role. {UNTOUCHED} "
            f"Lift it with apt-mark unhold {' '.join(held)}, or set nvidia_driver_version to what is installed."
        ]
    return _secure_boot(host, decision)


def _secure_boot(host: Host, decision: Mapping[str, Any]) -> list[str]:
    """A module that DKMS would build is signed by its own key, which the firmware has to know."""
    observed = host.observed
    if not observed["driver_installation"]["secure_boot"] or observed["key_is_enrolled"]:
        return []
    is_ubuntu = observed["distribution"]["id"] == "ubuntu" and host.arguments["source"] == DISTRIBUTION
    # Which of the two Ubuntu has is known when apt was asked.
    if "packages" not in decision["needs"] or (is_ubuntu and not observed["candidates"]):
        return []
    if parts_of(host).prebuilt in wanted_packages_of(host):
        return []
    return [
        "Secure Boot is on, and the kernel would not load a module that is built on this host: no key of DKMS is known "
        f"to its firmware. {UNTOUCHED} Make one and enrol it (apt-get install dkms mokutil; dkms generate_mok where "
        "/var/lib/dkms/mok.pub is not there; mokutil --import /var/lib/dkms/mok.pub; confirm it at the next start), "
        "take Ubuntu's signed modules (nvidia_driver_source: distribution), or switch Secure Boot off."
    ]


def _busy(host: Host, has_bundle: bool) -> list[str]:
    work = host.observed["running_work"]
    needs = set(host_decision(host, has_bundle)["needs"])
    if host.arguments["reboot"] == "never":
        needs.discard("restart")
    found = [one for one in ("packages", "nouveau", "load", "restart") if one in needs]
    if not work or not found:
        return []
    what = "installed or loaded" if found != ["restart"] else "loaded by a restart"
    return [
        f"The driver {host.arguments['version']} has to be {what} on this host, and work runs there: "
        f"{', '.join(work)}. {UNTOUCHED} Wait until it has ended, or stop it (playbooks/stop.yml), and run this again."
    ]


def _without_candidates(host: Host, has_bundle: bool) -> Iterator[str]:
    """What apt on the host does not have, or cannot install."""
    observed, version = host.observed, host.arguments["version"]
    names = wanted_packages_of(host)
    lacks = lacking(host, names)
    if not lacks:
        return
    headers = headers_package(observed["kernel"])
    if headers in lacks and not observed["candidates"].get(headers):
        yield (
            f"apt on this host has no {headers}, without which no module is built for the kernel that runs. "
            f"{UNTOUCHED} Install the distribution's newest kernel with its headers (linux-image-amd64 and "
            "linux-headers-amd64, linux-generic), restart the host into it, and run this again."
        )
    parts = parts_of(host)
    for name in lacks:
        candidate = observed["candidates"].get(name) or ""
        is_pinned = name in (*parts.pinned, parts.built)
        if candidate and (not is_pinned or upstream_version(candidate) == version):
            continue
        has = f"has {name} {candidate}" if candidate else f"has no {name}"
        yield f"apt on this host {has}, and {version} is wanted. {UNTOUCHED} {_other_version(host, has_bundle)}"
    if observed["simulated"]["problem"]:
        yield f"apt on this host cannot install {', '.join(lacks)}: {observed['simulated']['problem']} {UNTOUCHED}"
    if observed["simulated"]["removes"] and not set(observed["simulated"]["removes"]) <= set(observed["recorded"]):
        removes = ", ".join(observed["simulated"]["removes"])
        yield f"apt would remove {removes} from this host to install {version}. {UNTOUCHED} Remove them first."


def _other_version(host: Host, has_bundle: bool) -> str:
    distribution = host.observed["distribution"]["id"]
    if has_bundle:
        return "Make the bundle again with this nvidia_driver_source and nvidia_driver_version."
    if host.arguments["source"] == NVIDIA:
        return "Set nvidia_driver_version to one that NVIDIA's repository has for this distribution."
    return (
        f"Set nvidia_driver_version to that of the distribution (apt-cache madison), add the components "
        f"{COMPONENTS[distribution]} to the host's sources of apt where they are not there, or set "
        "nvidia_driver_source to nvidia."
    )


def _not_as_wanted(host: Host) -> Iterator[str]:
    """What a host lacks that was changed just now; one that waits for a restart is told at the end."""
    observed, version = host.observed, host.arguments["version"]
    installation = observed["driver_installation"]
    if lacking(host, wanted_packages_of(host)):
        yield f"The packages of the driver {version} are not all installed on this host, although apt has not failed."
    elif installation["module_version"] != version:
        found, remedy = why_no_driver(installation, [])
        if installation["module_version"]:
            found, remedy = f"its module is of {installation['module_version']}", "See dkms status on it."
        yield f"The driver {version} is installed on this host, and {found}. {remedy}"
    elif not why_restart(host, False) and observed["loaded"]["version"] != version:
        found, remedy = why_no_driver(installation, [])
        yield f"The driver {version} is installed on this host, and {found}. {remedy}"
