# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The address at which a host's registry listens, and hosts without one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.filter.registry import registry_address


def found(swarm: dict[str, str], *routes: tuple[str, str]) -> dict[str, Any]:
    interfaces = [("eth0", "192.0.2.11"), ("eth1", "198.51.100.11"), ("eth2", "2001:db8::11")]
    return {
        "interfaces": [
            {"name": name, "addresses": [{"address": address, "prefix": 24}]} for name, address in interfaces
        ],
        "routes": [{"destination": destination, "interface": interface} for destination, interface in routes],
        "engine": {"swarm": swarm},
    }


IN_SWARM = {"node_id": "q7x0", "node_address": "192.0.2.11", "data_path_address": "198.51.100.11"}


@pytest.mark.parametrize(
    ("observed", "address", "expected"),
    [
        (found(IN_SWARM, ("0.0.0.0/0", "eth0")), "", "198.51.100.11:5000"),
        (found({**IN_SWARM, "data_path_address": ""}), "", "192.0.2.11:5000"),
        (found({**IN_SWARM, "node_id": ""}, ("10.0.0.0/8", "eth1"), ("0.0.0.0/0", "eth0")), "", "192.0.2.11:5000"),
        (found(IN_SWARM), "192.0.2.11", "192.0.2.11:5000"),
        (found({}, ("::/0", "eth2")), "", "[2001:db8::11]:5000"),
    ],
)
def test_a_registry_listens_where_the_data_goes(observed: dict[str, Any], address: str, expected: str) -> None:
    assert registry_address(observed, address, 5000) == expected


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "Name one in image_registry_listen_address"),
        ("203.0.113.1", "it has 192.0.2.11, 198.51.100.11, 2001:db8::11"),
    ],
)
def test_a_registry_without_an_address_is_refused(address: str, says: str) -> None:
    with pytest.raises(AnsibleFilterError, match=says):
        registry_address(found({}), address, 5000)
