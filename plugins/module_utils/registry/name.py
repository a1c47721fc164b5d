# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The name of an image at a registry, and the address of the registry that a host of the cluster runs."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from ..base.errors import PlanError
from ..image.name import with_tag

_MOST_TAG = 100
_MOST_FINGERPRINT = 24
_EVERYWHERE = ("0.0.0.0/0", "::/0")


def registry_name(name: str, registry: str, fingerprint: str) -> str:
    """The name under which the image of this fingerprint lies at the registry.

    The fingerprint is part of the tag, so that the name never means another image, and looking it up shows whether the
    registry has it. C(registry) may end with a path, such as the project that images belong to there.
    """
    repository, _colon, tag = with_tag(name).rpartition(":")
    domain, slash, path = repository.partition("/")
    if slash and ("." in domain or ":" in domain or domain == "localhost"):
        repository = path
    digest = fingerprint.rpartition(":")[2][:_MOST_FINGERPRINT]
    return f"{registry.rstrip('/')}/{repository}:{tag[:_MOST_TAG]}-{digest}"


def digest_name(name: str, digest: str) -> str:
    """C(HOST:PORT/team/trainer@sha256:...) of C(HOST:PORT/team/trainer:TAG)."""
    return f"{name.rpartition(':')[0]}@{digest}"


def host_of_registry(registry: str) -> str:
    """C(HOST:PORT) of C(HOST:PORT/team)."""
    return registry.partition("/")[0]


def registry_address(found: Mapping[str, Any], address: str, port: int) -> str:
    """HOST:PORT of a registry on the host that C(host_info) looked at.

    It is the address of the data of its swarm, or else that of the interface of its default route, unless ``address``
    names one of the host's own.
    """
    own = [one["address"] for interface in found["interfaces"] for one in interface["addresses"]]
    if address and address not in own:
        raise PlanError(
            f"image_registry_listen_address is {address!r}, but the host has no such address; it has {', '.join(own)}. "
            "Name one of these, or leave it empty."
        )
    chosen = address or _swarm_address(found) or _route_address(found)
    if not chosen:
        raise PlanError(
            "It is not known at which address the other hosts can connect to the registry: its host is in no swarm "
            "and has no default route. Name one in image_registry_listen_address."
        )
    return f"[{chosen}]:{port}" if ip_address(chosen).version == 6 else f"{chosen}:{port}"


def _swarm_address(found: Mapping[str, Any]) -> str:
    swarm = found["engine"].get("swarm") or {}
    return str(swarm.get("data_path_address") or swarm.get("node_address") or "") if swarm.get("node_id") else ""


def _route_address(found: Mapping[str, Any]) -> str:
    interfaces = [route["interface"] for route in found["routes"] if route["destination"] in _EVERYWHERE]
    addresses = [
        one["address"]
        for interface in found["interfaces"]
        if interface["name"] in interfaces[:1]
        for one in interface["addresses"]
    ]
    return next(iter(addresses), "")
