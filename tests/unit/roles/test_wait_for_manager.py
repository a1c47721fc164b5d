# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a worker's engine waits for a manager, and for which."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.role_programs import load_program


@pytest.fixture(scope="module")
def waiting() -> ModuleType:
    return load_program("swarm", "wait_for_manager")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param('[{"node_id": "h", "addr": "198.18.61.11:2377"}]', ["198.18.61.11"], id="IPv4"),
        pytest.param('[{"addr": "[2001:db8::1]:2377"}]', ["2001:db8::1"], id="IPv6"),
        pytest.param("null", [], id="a swarm that it has left"),
        pytest.param("{", [], id="half written"),
        pytest.param(None, [], id="no node"),
    ],
)
def test_managers(waiting: ModuleType, tmp_path: Path, content: str | None, expected: list[str]) -> None:
    if content is not None:
        (tmp_path / "swarm").mkdir()
        (tmp_path / "swarm/state.json").write_text(content)
    assert waiting.managers(tmp_path) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"data-root": "/srv/docker"}', "/srv/docker"),
        ("{}", "/var/lib/docker"),
        ("[]", "/var/lib/docker"),
        (None, "/var/lib/docker"),
    ],
)
def test_data_directory(waiting: ModuleType, tmp_path: Path, content: str | None, expected: str) -> None:
    if content is not None:
        (tmp_path / "daemon.json").write_text(content)
    assert waiting.data_directory(tmp_path / "daemon.json") == Path(expected)


@pytest.mark.parametrize(("there_after", "expected"), [(0, True), (29, True), (31, False)])
def test_wait_is_bounded(waiting: ModuleType, there_after: float, expected: bool) -> None:
    now = [0.0]

    def sleep(length: float) -> None:
        now[0] += length

    def is_there(address: str) -> bool:
        return address == "10.0.0.2" and now[0] >= there_after

    assert waiting.wait(["10.0.0.1", "10.0.0.2"], 30, is_there, lambda: now[0], sleep) is expected
    assert now[0] <= 30.5


@pytest.mark.parametrize(
    ("there_after", "limit", "expected"),
    [
        pytest.param(0, 30, 0, id="it has been there"),
        pytest.param(10, 30, 15, id="it has just come"),
        pytest.param(28, 30, 30, id="the time is over before it has settled"),
    ],
)
def test_a_manager_that_has_just_come_may_settle(
    waiting: ModuleType, there_after: float, limit: float, expected: float
) -> None:
    now = [0.0]

    def sleep(length: float) -> None:
        now[0] += length

    assert waiting.wait(["10.0.0.1"], limit, lambda _address: now[0] >= there_after, lambda: now[0], sleep)
    assert now[0] == pytest.approx(expected)
