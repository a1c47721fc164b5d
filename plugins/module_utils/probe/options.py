# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that M(distrain.cluster.network_listen) and M(distrain.cluster.network_probe) share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..base.errors import PlanError
from .targets import Endpoint

COMMON_OPTIONS: dict[str, Any] = {
    "host": {"type": "str"},
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "network": {"type": "str", "required": True},
            "host": {"type": "str", "required": True},
            "address": {"type": "str"},
            "name": {"type": "str"},
            "mtu": {"type": "int"},
        },
    },
    "token": {"type": "str", "no_log": True},
    "container": {"type": "str"},
    "container_network": {"type": "str"},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def own_endpoints(
    endpoints: Sequence[Endpoint],
    params: Mapping[str, Any],
    enter: Callable[[str, str, str], tuple[str, int]],
) -> tuple[Endpoint, ...]:
    """The host's own endpoints; for a container its network is entered, and the address is the one found there."""
    own = tuple(one for one in endpoints if one.host == params["host"])
    if params["container"]:
        address, mtu = enter(params["container"], params["container_network"], params["docker_socket"])
        return tuple(replace(one, address=address, mtu=mtu) for one in own)
    nameless = [one.network for one in own if not one.address]
    if nameless:
        raise PlanError(f"endpoints: host {params['host']} has no address in network {nameless[0]}.")
    return own
