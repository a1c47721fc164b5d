# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the hosts of a lab with their names, ports, interfaces and addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .gpus import MachineGpus, gpu_problems, host_gpus
from .interfaces import all_interfaces, host_address, problems_of


def lay_out(arguments: Mapping[str, Any], machine: MachineGpus) -> dict[str, Any]:
    """Return the interfaces and the hosts of a lab on a machine with such GPUs.

    Raises PlanError for interfaces that no lab host can have, and for more GPUs than there are.
    """
    interfaces = all_interfaces(*(arguments[name] for name in ("interfaces", "number", "network", "mtu", "rate")))
    problems = problems_of(interfaces, arguments["hosts"])
    problems += gpu_problems(arguments["gpus"], arguments["gpu_stand_in"], machine)
    if problems:
        raise PlanError(" ".join(problems))
    prefix = f"distrain-{arguments['name']}"
    shares = host_gpus(arguments["gpus"], arguments["hosts"], machine, arguments["gpus_shared"])
    return {
        "interfaces": interfaces,
        "needs_files": any(one["rate"] or _is_isolated(one) for one in interfaces),
        "networks": [
            {"name": f"{prefix}.{one['name']}", "network": one["network"], "mtu": str(one["mtu"])}
            for one in _on_networks(interfaces)
        ],
        "hosts": [{**_host(number, prefix, arguments, interfaces), **gpus} for number, gpus in enumerate(shares, 1)],
    }


def host_name(number: int) -> str:
    """Return C(gpu-01) for 1; names sort in the order of their numbers up to 99."""
    return f"gpu-{number:02d}"


def _host(
    number: int, prefix: str, arguments: Mapping[str, Any], interfaces: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    addresses = {one["name"]: host_address(number, one["network"]) for one in interfaces}
    return {
        "name": host_name(number),
        "container": f"{prefix}-{host_name(number)}",
        "ssh_port": arguments["first_ssh_port"] + number,
        "addresses": addresses,
        "attachments": [
            {"name": f"{prefix}.{one['name']}", "ipv4_address": addresses[one["name"]]}
            for one in _on_networks(interfaces)
        ],
    }


def _on_networks(interfaces: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The interfaces, beside the first one, that are connected to a network of the engine."""
    return [one for one in interfaces[1:] if not _is_isolated(one)]


def _is_isolated(interface: Mapping[str, Any]) -> bool:
    return str(interface["isolated"]).lower() in ("true", "yes", "on", "1")
