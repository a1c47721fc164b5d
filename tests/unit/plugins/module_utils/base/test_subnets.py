# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.subnets import (
    addresses_needed,
    ipv4_subnet,
    refuse_small_subnet,
)


@pytest.mark.parametrize("text", ["10.77.0.0/16", " 10.77.0.0/16 ", "10.77.0.0/255.255.0.0"])
def test_subnets(text: str) -> None:
    assert ipv4_subnet("x", text) == IPv4Network("10.77.0.0/16")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("10.77.0.1/16", "Write the subnet itself, 10.77.0.0/16"),
        ("10.77.0.0", "has no prefix length"),
        ("fd00::/64", "an IPv6 subnet"),
        ("fd00::1/64", "Write the subnet itself, fd00::/64"),
        ("10.77.0.0/33", "which is no subnet"),
        ("10.77.0.0/16/8", "which is no subnet"),
        ("", "which is no subnet"),
        (None, "which is no subnet"),
        (10, "which is no subnet"),
        (["10.77.0.0/16"], "which is no subnet"),
        ("eth0", "which is no subnet"),
    ],
)
def test_what_is_no_subnet_is_refused_by_the_name_of_its_setting(value: object, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        ipv4_subnet("swarm_network_subnet", value)
    assert caught.value.message.startswith("swarm_network_subnet: found ")
    assert said in caught.value.message


@pytest.mark.parametrize(("hosts", "needed", "prefix"), [(1, 7, 29), (2, 11, 28), (64, 259, 23)])
def test_how_many_addresses_so_many_hosts_need(hosts: int, needed: int, prefix: int) -> None:
    assert addresses_needed(hosts) == needed
    refuse_small_subnet("x", IPv4Network(f"10.0.0.0/{prefix}"), hosts)
    with pytest.raises(PlanError, match=f"needs {needed}.*Set a /{prefix} or a larger one"):
        refuse_small_subnet("x", IPv4Network(f"10.0.0.0/{prefix + 1}"), hosts)
