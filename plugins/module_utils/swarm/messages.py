# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages about a membership that cannot become as it is wanted: what was found, and the remedy."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from .settings import ADVERTISE_ADDR, DATA_PATH_ADDR
from .state import Membership, host_part

# The engine says "has expired or is not yet valid" of both, and only before that which of them.
NOT_YET = "not valid before"
EXPIRED = ("certificates have expired", "certificate has expired")
FORCE_NEW_CLUSTER = (
    "Only where they are gone for ever: 'docker swarm init --force-new-cluster', by hand on one manager that is left, "
    "makes it the only one. Nothing here does that by itself."
)
# What swarmkit and the engine say when a join fails, in lower case, and what we say instead.
JOIN_ERRORS = (
    (
        "remote ca does not match fingerprint",
        "The join token is of another swarm than the one of the managers {managers}: it names another certificate "
        "authority. Take the token from one of these managers (docker swarm join-token), or leave the "
        "module's option join_token out, which fetches the right one.",
    ),
    (
        "valid join token is necessary",
        "The join token is of the swarm of the managers {managers}, but not valid there: it was rotated since, or is "
        "damaged. Take the token from one of them (docker swarm join-token), or leave the module's option join_token "
        "out.",
    ),
    (
        "invalid join token",
        "What was given as the module's option join_token is none: a token has the form SWMTKN-1-...-.... Leave it "
        "out to have the right one fetched.",
    ),
    (
        "needs to be unlocked",
        "The engine holds a locked swarm. Unlock it with 'docker swarm unlock' on this host; 'docker swarm unlock-key' "
        "on a manager that works shows the key.",
    ),
    (
        "not yet valid",
        "The managers {managers} have a certificate that is not valid at this host's time. Set the clocks of all "
        "hosts.",
    ),
    (
        "error while dialing",
        "This host cannot reach a manager of {managers} at port 2377/tcp: is it up, and is the port open between them? "
        "({said})",
    ),
    (
        "could not choose an ip address",
        "The engine cannot choose between the host's interfaces ({said}). Set " + f"{ADVERTISE_ADDR}.",
    ),
    (
        "could not find local ip address",
        f"{ADVERTISE_ADDR} or {DATA_PATH_ADDR} names no interface of this host " + "({said}).",
    ),
)


def explain_join_error(said: str, managers: Iterable[str]) -> str:
    """Explain the error of the engine when it refused to join, or could not."""
    lowered = said.lower()
    for fragment, explanation in JOIN_ERRORS:
        if fragment in lowered:
            return explanation.format(managers=", ".join(managers) or "unknown", said=said)
    return said


def is_expired(membership: Membership) -> bool:
    said = membership.error.lower()
    return any(words in said for words in EXPIRED) and NOT_YET not in said


def describe(membership: Membership) -> str:
    managers = ", ".join(membership.manager_addresses) or "unknown"
    if membership.state == "locked":
        return "Its engine holds a locked swarm"
    if is_expired(membership):
        return (
            "Its swarm certificate has expired, because the engine was off for as long as it was valid: "
            f"{membership.error.rstrip(' :.')}"
        )
    if NOT_YET in membership.error:
        return f"Its swarm certificate is not valid yet, so the clock of this host is wrong; set it: {membership.error}"
    if membership.state == "error":
        return f"Its engine says that its swarm membership has failed: {membership.error or 'without a reason'}"
    if membership.state == "pending":
        return f"It waits for a swarm that does not answer (managers: {managers})"
    identity = f"node {membership.node_id}, managers: {managers}"
    return f"It is already a {membership.role} of a swarm ({identity})"


def explain_locked(remedy: str) -> str:
    return (
        "Its engine holds a locked swarm: with autolock, a manager waits for the key after each restart. Unlock it "
        "with 'docker swarm unlock' on this host; 'docker swarm unlock-key' on a manager that works shows the key. "
        + remedy
    )


def explain_lost_quorum(membership: Membership, host: str = "This host") -> str:
    """A manager without a leader: which managers are missing, and the remedy."""
    silent = ", ".join(membership.silent_managers)
    known = len(membership.manager_addresses)
    missing = (
        f"Of its {known} managers these do not answer at their port: {silent}."
        if silent
        else f"All of its managers that it knows ({', '.join(membership.manager_addresses) or 'none'}) answer at their "
        "port, so that they may be choosing a leader just now."
    )
    found = membership.error.rstrip(".") or "it waits for them"
    return (
        f"{host} is a manager, but its swarm has no leader, so more than half of the managers are not there: {found}. "
        f"{missing} Bring their hosts and engines back and run this again. {FORCE_NEW_CLUSTER}"
    )


def address_problem(membership: Membership, wanted: str | None) -> str:
    """The problem of the address that a member advertises; empty for none.

    A node keeps the address with which it joined. An address that is wanted by name need be on no interface (it may be
    translated on the way); an interface's name is let through as long as the address is on some interface.
    """
    found = membership.node_address
    if not found:
        return ""
    wanted_address = _as_address(host_part(wanted)) if wanted else None
    if wanted_address is not None:
        same = wanted_address == _as_address(found)
        return "" if same else f"{ADVERTISE_ADDR}: found {found}, wanted {wanted_address}"
    if membership.host_addresses is None or found in membership.host_addresses:
        return ""
    return (
        f"{ADVERTISE_ADDR}: found {found}, which is on no interface of this host any more, wanted "
        f"{wanted or 'any of them'}"
    )


def _as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
