# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what one host lacks of NVIDIA's driver in the wanted version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..apt.signing_key import has_key
from .driver_module import choose_module
from .driver_packages import (
    NVIDIA,
    DriverPackages,
    as_apt_takes,
    driver_packages,
    headers_package,
    packages_of_version,
    preferences_text,
    upstream_version,
)
from .hosts import Host


def host_decision(host: Host, has_bundle: bool) -> dict[str, Any]:
    if not host.observed["has_gpu"]:
        return {"needs": [], "restart": "", "module": "", "packages": [], "names": [], "hold": [], "preferences": ""}
    version, observed = host.arguments["version"], host.observed
    names = wanted_packages_of(host)
    lacks = lacking(host, names)
    preferences = "" if has_bundle else preferences_text(version)
    hold = packages_of_version(observed["packages"], version)
    restart = why_restart(host, bool(lacks))
    needs = {
        "repository": bool(lacks)
        and not has_bundle
        and host.arguments["source"] == NVIDIA
        and not _has_repository(host),
        "preferences": not has_bundle and observed["preferences"] != preferences,
        "packages": bool(lacks),
        "nouveau": observed["nouveau"],
        "hold": bool(lacks) or bool(set(hold) - set(observed["held"])) or bool(set(observed["recorded"]) - set(hold)),
        "load": not restart and observed["loaded"]["version"] != version,
        "restart": bool(restart),
    }
    return {
        "needs": [name for name, is_needed in needs.items() if is_needed],
        "restart": restart,
        "module": module_of(host),
        # Of each the version that apt has, once it was asked.
        "packages": as_apt_takes(lacks, {name: observed["candidates"].get(name) for name in lacks}),
        "names": list(dict.fromkeys((*lacks, *_may_be_wanted(host)))) if lacks else [],
        "hold": hold,
        "preferences": preferences,
    }


def module_of(host: Host) -> str:
    return choose_module(host.arguments["module"], host.observed["gpus"], host.arguments["version"])


def parts_of(host: Host) -> DriverPackages:
    arguments, observed = host.arguments, host.observed
    return driver_packages(
        arguments["source"], observed["distribution"]["id"], arguments["version"], module_of(host), observed["kernel"]
    )


def wanted_packages_of(host: Host) -> list[str]:
    """The packages by name: a signed module where apt has one or it is there, else one that is built on the host."""
    parts, observed = parts_of(host), host.observed
    has_prebuilt = parts.prebuilt in observed["packages"] or bool(observed["candidates"].get(parts.prebuilt))
    if parts.prebuilt and has_prebuilt and parts.built not in observed["packages"]:
        return [*parts.pinned, parts.prebuilt, *parts.others]
    headers = [] if observed["driver_installation"]["has_headers"] else [headers_package(observed["kernel"])]
    return [*headers, *parts.pinned, parts.built, *parts.others]


def _may_be_wanted(host: Host) -> list[str]:
    """What apt is asked about beside that: which of the two modules it has."""
    parts, kernel = parts_of(host), host.observed["kernel"]
    headers = [] if host.observed["driver_installation"]["has_headers"] else [headers_package(kernel)]
    return [*headers, *(one for one in (parts.prebuilt, parts.built) if one)]


def lacking(host: Host, names: Sequence[str]) -> list[str]:
    parts, installed = parts_of(host), host.observed["packages"]
    pinned = {*parts.pinned, parts.built}
    version = host.arguments["version"]
    return [
        name
        for name in names
        if name not in installed or (name in pinned and upstream_version(installed[name]) != version)
    ]


def why_restart(host: Host, is_to_be_installed: bool) -> str:
    """Why the host has to be restarted before it has this driver; empty where the module can be loaded as it is."""
    loaded, version = host.observed["loaded"]["version"], host.arguments["version"]
    if loaded and loaded != version:
        return f"the driver {loaded} is loaded, and {version} {'is to be' if is_to_be_installed else 'is'} installed"
    if host.observed["nouveau"]:
        return "the driver nouveau is loaded"
    return ""


def _has_repository(host: Host) -> bool:
    source = host.observed["source"] or {}
    return bool(source.get("is_current")) and has_key(source["key"], host.arguments["repository_key_fingerprint"])
