# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of two containers with one address gives it up, as both hosts decide it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.overlay_tasks import OWN, network
from ansible_collections.distrain.cluster.tests.unit.support.role_programs import load_program


@pytest.fixture(scope="module")
def doubling() -> ModuleType:
    return load_program("swarm", "distrain_doubles")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(network(OWN, ("e9", "10.77.0.2", "10.0.0.1")), ["e9"], id="another host's"),
        pytest.param(network(OWN, ("e9", "10.77.0.3", "10.0.0.1")), [], id="another address"),
        pytest.param(network(OWN, ("e9", "10.77.0.2", "10.0.0.2")), [], id="what this host had before"),
        pytest.param(network(("e9", "10.77.0.2", "10.0.0.1"), ("e8", "10.77.0.2", "10.0.0.3")), [], id="others'"),
        pytest.param(network(("e1", "", "10.0.0.2"), ("e9", "", "10.0.0.1")), [], id="no address yet"),
        pytest.param({"Containers": {"a1": {"EndpointID": "e1"}}}, [], id="no gossip yet"),
        pytest.param({"Containers": None, "Services": None}, [], id="nothing"),
    ],
)
def test_doubles(doubling: ModuleType, content: dict[str, Any], expected: list[str]) -> None:
    assert [(one.container_id, one.other.id) for one in doubling.doubles(content)] == [("a1", one) for one in expected]


@pytest.mark.parametrize(
    ("own_host", "seen_for", "age", "expected"),
    [
        pytest.param("10.0.0.2", 7, 60, False, id="perhaps it goes by itself"),
        pytest.param("10.0.0.2", 8, 60, True, id="the one that sorts last"),
        pytest.param("10.0.0.2", 8, 181, False, id="a job may run in it"),
        pytest.param("10.0.0.0", 29, 60, False, id="the other one goes first"),
        pytest.param("10.0.0.0", 30, 60, True, id="the other one has not gone"),
        pytest.param("10.0.0.0", 99, 181, False, id="neither is young"),
    ],
)
def test_is_due(doubling: ModuleType, own_host: str, seen_for: float, age: float, expected: bool) -> None:
    tasks = ("e1", "10.77.0.2", own_host), ("e9", "10.77.0.2", "10.0.0.1")
    (double,) = doubling.doubles(network(*tasks))
    assert double.is_due(seen_for, age) is expected


def test_exactly_one_of_two_hosts_goes_first(doubling: ModuleType) -> None:
    tasks = OWN, ("e9", "10.77.0.2", "10.0.0.1")
    due = [doubling.doubles(network(*tasks, own=own))[0].is_due(20, 60) for own in ("e1", "e9")]
    assert sorted(due) == [False, True]
