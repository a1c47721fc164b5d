# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters around the measuring of networks: from what the modules returned on every host to what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Hostvars = Mapping[str, Mapping[str, Any]]


def network_listeners(hostvars: Hostvars, hosts: Sequence[str], register: str) -> dict[str, dict[str, Any]]:
    """By host where it listens; hosts on which nothing does are left out."""
    found = {host: hostvars[host].get(register) or {} for host in hosts}
    return {host: {"listeners": one["listeners"]} for host, one in found.items() if "listeners" in one}


def hosts_still_listening(hostvars: Hostvars, hosts: Sequence[str], register: str) -> list[str]:
    """The hosts whose listener was not notified by all of ``hosts`` that they have finished."""
    notified = [set((hostvars[host].get(register) or {}).get("notified") or ()) for host in hosts]
    return [host for host in hosts if not all(host in one for one in notified)]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "hosts_still_listening": hosts_still_listening,
            "network_listeners": network_listeners,
        }
