# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of the choice of networks, and the choices, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BY_HAND = "set by hand"
ALL_HOSTS = "all"

ADVERTISE_ADDRESS = "advertise address"
DATA_PATH_ADDRESS = "data path address"
UNDERLAY_MTU = "MTU below the overlay"
OVERLAY_SUBNET = "subnet of the overlay"
JOB_NETWORK = "network of the job"


@dataclass(frozen=True)
class FabricSettings:
    """The settings made by hand; an empty one is chosen.

    ``advertise_addr`` and ``data_path_addr`` are by host: an address of the host, or the name of one of its interfaces.
    ``control_network`` and ``data_network`` are subnets. ``job_network`` is auto, overlay or host.
    """

    managers: Sequence[str] = ()
    advertise_addr: Mapping[str, str] = field(default_factory=dict)
    data_path_addr: Mapping[str, str] = field(default_factory=dict)
    control_network: str = ""
    data_network: str = ""
    overlay_name: str = "distrain"
    overlay_mtu: int = 0
    overlay_subnet: str = ""
    job_network: str = "auto"


@dataclass(frozen=True)
class NetworkChoice:
    """``host`` is a host's name, or C(all) for what holds for the cluster."""

    what: str
    host: str
    value: Any
    reason: str


def as_result(choices: Sequence[NetworkChoice]) -> dict[str, Any]:
    """The choices by their place: for each host, for the overlay, and for the job."""
    everywhere = {one.what: one.value for one in choices if one.host == ALL_HOSTS}
    hosts: dict[str, dict[str, Any]] = {}
    for one in choices:
        if one.host != ALL_HOSTS:
            hosts.setdefault(one.host, {})[one.what] = one.value
    return {
        "hosts": {
            host: {
                "advertise_addr": values.pop(ADVERTISE_ADDRESS),
                "data_path_addr": values.pop(DATA_PATH_ADDRESS),
                "environment": values,
            }
            for host, values in hosts.items()
        },
        "data_path_addrs": {one.host: one.value for one in choices if one.what == DATA_PATH_ADDRESS},
        "overlay": {"mtu": everywhere.get(UNDERLAY_MTU, 0), "subnet": everywhere.get(OVERLAY_SUBNET, "")},
        "job_network": everywhere.get(JOB_NETWORK, "overlay"),
    }
