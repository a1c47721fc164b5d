# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: who takes part in the all-reduces of the network check, and what each container of it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import ranks

from .measurement import HOST, OVERLAY

NAME = "distrain-check"


def lay_out(
    hosts: Sequence[str], first: str, processes: Mapping[str, int], data_path: Mapping[str, str], subnet: str
) -> dict[str, Any]:
    """The host of each rank, and for each network where the first rank is and how a host knows its interface.

    On the overlay the first rank is found by its container's name, and the interface by the subnet. On the host network
    both follow from the plan of the networks.
    """
    if len(hosts) < 2:
        raise PlanError(
            f"network_check_hosts: found {', '.join(hosts) or 'no host'}. Name at least two, between which there is a "
            "network to check."
        )
    ordered = ranks(hosts, first, f"{NAME}-{OVERLAY}", processes, None)
    leader = ordered[0]["host"]
    return {
        "ranks": [one["host"] for one in ordered for _process in range(one["processes"])],
        "addresses": {OVERLAY: ordered[0]["leader"], HOST: data_path[leader]},
        "near": {OVERLAY: subnet.partition("/")[0], HOST: ""},
    }


def command(layout: Mapping[str, Any], options: Mapping[str, Any], host: str, network: str) -> list[str]:
    """The arguments of the all-reduce on one host over one network; what ``options`` name are passed on as they are."""
    words = {
        "network": network,
        "host": host,
        "ranks": layout["ranks"],
        "address": layout["addresses"][network],
        "near": layout["near"][network],
        **options,
    }
    return [word for name, value in words.items() if value != "" for word in _option(name, value)]


def _option(name: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [f"--{name}", *(str(one) for one in values)]
