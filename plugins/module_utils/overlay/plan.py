# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the networks that an engine knows to the overlay network that is wanted, or a refusal."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from ..base.subnets import ipv4_subnet, refuse_small_subnet, subnet_of
from ..swarm.network import ENCRYPTED_OPTION, MTU_OPTION, EngineNetwork
from ..swarm.settings import NETWORK_NAME, RECREATE, SUBNET

ABSENT = {"state": "absent"}

# What a swarm takes as a network's name; it says so only where one is made.
NAME_LENGTH = 63
NAME = re.compile(r"[A-Za-z0-9]([-_]*[A-Za-z0-9])*")


@dataclass(frozen=True)
class NetworkState:
    """The network of the wanted name, every other network of the engine, and how many nodes the swarm has."""

    is_manager: bool
    network: EngineNetwork | None
    others: Sequence[EngineNetwork] = ()
    nodes: int = 1


def plan_overlay_network(state: NetworkState, params: Mapping[str, Any]) -> Plan:
    """The steps to make the overlay network as it is wanted, or to remove it."""
    if not state.is_manager:
        raise PlanError("This host is no manager of a swarm: overlay networks are made and removed on a manager.")
    found = state.network
    if found is not None and found.driver != "overlay":
        raise PlanError(
            f"{NETWORK_NAME}: found a network {found.name} with the driver {found.driver}, wanted an overlay network. "
            "Choose another name, or remove that network."
        )
    if params["state"] == "absent":
        return _plan_removal(found)
    wanted = _wanted(params)
    create = Step("create", wanted)
    if found is None:
        _refuse_name(params["name"])
        _refuse_subnet(state, params["subnet"])
        return Plan((create,), ABSENT, {"state": "present", **wanted})
    differences = find_differences(found, wanted)
    before = found.as_result()
    after = {**before, **wanted}
    if not differences:
        return Plan(before=before, after=before)
    listed = "; ".join(f"{key}: found {was!r}, wanted {wants!r}" for key, (was, wants) in differences.items())
    if not params["recreate"]:
        raise PlanError(
            f"Network {found.name} differs from what is wanted. {listed}. "
            f"A network cannot be changed: set {RECREATE.to(True)} to have it removed and made anew.",
            differences={key: {"found": was, "wanted": wants} for key, (was, wants) in differences.items()},
            attached=list(found.attached),
        )
    _refuse_attached(found, f"cannot be made anew ({listed})")
    if "subnet" in differences:
        _refuse_subnet(state, params["subnet"])
    return Plan((Step("remove", {"id": found.id}), create), before, after)


def find_differences(found: EngineNetwork, wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The found and the wanted value, by key; a key wanted as None is left to the engine."""
    has = found.as_result()
    return {key: (has[key], value) for key, value in wanted.items() if value is not None and not _same(has[key], value)}


def driver_options(wanted: Mapping[str, Any]) -> dict[str, str]:
    """The overlay driver's options."""
    options = {}
    if wanted["mtu"] is not None:
        options[MTU_OPTION] = str(wanted["mtu"])
    if wanted["encrypted"]:
        options[ENCRYPTED_OPTION] = ""
    return options


def _wanted(params: Mapping[str, Any]) -> dict[str, Any]:
    if params["subnet"] is not None:
        subnet_of(str(SUBNET), params["subnet"])
    _refuse_gateway(params["gateway"], params["subnet"])
    plain = ("subnet", "gateway", "mtu", "encrypted", "attachable", "internal")
    labels = {key: str(value) for key, value in params["labels"].items()}
    return {**{key: params[key] for key in plain}, "labels": labels}


def _refuse_gateway(gateway: str | None, subnet: str | None) -> None:
    if gateway is None:
        return
    try:
        address = ipaddress.ip_address(gateway)
    except ValueError as error:
        raise PlanError(f"gateway: {error}. Give it as in 10.77.0.1.") from error
    if subnet is not None and address not in subnet_of(str(SUBNET), subnet):
        raise PlanError(f"gateway: found {gateway}, which is no address of the subnet {subnet}.")


def _same(has: Any, wants: Any) -> bool:
    """Equal, or two spellings of one address."""
    if has == wants:
        return True
    if not (isinstance(has, str) and isinstance(wants, str)):
        return False
    try:
        return ipaddress.ip_interface(has) == ipaddress.ip_interface(wants)
    except ValueError:
        return False


def _plan_removal(found: EngineNetwork | None) -> Plan:
    if found is None:
        return Plan(before=ABSENT, after=ABSENT)
    _refuse_attached(found, "cannot be removed")
    return Plan((Step("remove", {"id": found.id}),), found.as_result(), ABSENT)


def _refuse_attached(found: EngineNetwork, what: str) -> None:
    if found.attached:
        raise PlanError(
            f"Network {found.name} {what}, because it is in use by {', '.join(found.attached)}. "
            "Remove those containers first.",
            attached=list(found.attached),
        )


def _refuse_name(name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        raise PlanError(
            f"{NETWORK_NAME}: found {name!r}, wanted at most {NAME_LENGTH} letters, digits, dashes and underscores, a "
            "letter or digit first and last. Choose another name."
        )


def _refuse_subnet(state: NetworkState, subnet: str | None) -> None:
    """Refuse a subnet for a network that is made: too small for the nodes, or taken by another network."""
    if subnet is not None:
        refuse_small_subnet(str(SUBNET), ipv4_subnet(str(SUBNET), subnet), state.nodes)
    _refuse_overlap(state.others, subnet)


def _refuse_overlap(others: Sequence[EngineNetwork], subnet: str | None) -> None:
    if subnet is None:
        return
    wanted = ipaddress.ip_network(subnet)
    for other in others:
        for taken in (ipaddress.ip_network(one, strict=False) for one in other.subnets):
            if taken.version == wanted.version and taken.overlaps(wanted):
                raise PlanError(
                    f"{SUBNET}: {subnet} overlaps {taken} of the network {other.name} ({other.driver}) on this engine. "
                    "Choose a subnet that is free on every host."
                )
