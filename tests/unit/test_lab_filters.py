# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.filter.host_address import host_address
from ansible_collections.distrain.cluster.plugins.filter.host_name import host_name
from ansible_collections.distrain.cluster.plugins.filter.missing_capabilities import missing_capabilities


@pytest.mark.parametrize(
    ("bounding_set", "missing"),
    [
        ("000001ffffffffff", []),
        ("000001fffeffffff", ["SYS_RESOURCE"]),
        ("000001fffffffffe", ["CHOWN"]),
        ("000000fffeffffff", ["SYS_RESOURCE", "CHECKPOINT_RESTORE"]),
    ],
)
def test_missing_capabilities(bounding_set: str, missing: list[str]) -> None:
    assert missing_capabilities(f"Name:\tcat\nCapEff:\t0\nCapBnd:\t{bounding_set}\n") == missing


def test_missing_capabilities_of_another_text() -> None:
    with pytest.raises(AnsibleFilterError, match="CapBnd"):
        missing_capabilities("Name: cat")


def test_host_names_sort_like_their_numbers() -> None:
    assert [host_name(number) for number in (1, 9, 10)] == ["gpu-01", "gpu-09", "gpu-10"]


def test_host_address() -> None:
    assert host_address(2, "198.18.3.0/24") == "198.18.3.12"


@pytest.mark.parametrize(("number", "network"), [(1, "198.18.3.0/29"), (1, "nonsense")])
def test_host_address_that_does_not_exist(number: int, network: str) -> None:
    with pytest.raises(AnsibleFilterError, match=network):
        host_address(number, network)
