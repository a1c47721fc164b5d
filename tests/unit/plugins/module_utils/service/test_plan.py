# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a service as it is on a host to the service as it is wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.service.plan import (
    ServiceFile,
    ServiceState,
    differing_services,
    plan_service,
)
from ansible_collections.distrain.cluster.plugins.module_utils.service.state import read_file, remove_file, write_file

PROGRAM, UNIT = "/usr/local/lib/heal.py", "/etc/systemd/system/heal.service"
FILES = {PROGRAM: ServiceFile("program", 0o644), UNIT: ServiceFile("unit", 0o644)}
CONVERGED: dict[str, Any] = {"files": FILES, "is_known": True, "is_active": True, "is_enabled": True}


def params(state: str = "present") -> dict[str, Any]:
    return {
        "name": "heal.service",
        "state": state,
        "effective_when": [],
        "files": [
            {"path": PROGRAM, "content": "program"},
            {"path": UNIT, "content": "unit"},
        ],
    }


def verbs(state: ServiceState, wanted: str = "present") -> list[str]:
    steps = plan_service(state, params(wanted)).steps
    return [" ".join([step.verb, *step.arguments.values()]) for step in steps]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(CONVERGED, [], id="as it is wanted"),
        pytest.param(
            {"files": {}},
            [f"write {PROGRAM}", f"write {UNIT}", "reload_systemd", "enable", "apply"],
            id="a bare host",
        ),
        pytest.param(
            {**CONVERGED, "files": {**FILES, PROGRAM: ServiceFile("old", 0o644)}},
            [f"write {PROGRAM}", "apply"],
            id="an older program",
        ),
        pytest.param(
            {**CONVERGED, "files": {**FILES, PROGRAM: ServiceFile("program", 0o777)}},
            [f"write {PROGRAM}", "apply"],
            id="a program that anybody may write",
        ),
        pytest.param({**CONVERGED, "is_active": False}, ["apply"], id="stopped"),
        pytest.param({**CONVERGED, "is_effective": False}, ["apply"], id="without effect"),
        pytest.param({**CONVERGED, "is_enabled": False}, ["enable", "apply"], id="disabled"),
        pytest.param({**CONVERGED, "needs_reload": True}, ["reload_systemd", "apply"], id="not what systemd has read"),
    ],
)
def test_steps_to_make(state: dict[str, Any], expected: list[str]) -> None:
    assert verbs(ServiceState(**state)) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param({"files": {}}, [], id="not there"),
        pytest.param(
            CONVERGED,
            ["stop_and_disable", f"remove {PROGRAM}", f"remove {UNIT}", "reload_systemd"],
            id="there",
        ),
        pytest.param({"files": {PROGRAM: FILES[PROGRAM]}}, [f"remove {PROGRAM}"], id="half removed"),
    ],
)
def test_steps_to_remove(state: dict[str, Any], expected: list[str]) -> None:
    assert verbs(ServiceState(**state), "absent") == expected


def test_the_diff_shows_files_and_service() -> None:
    plan = plan_service(ServiceState(files={}), params())
    assert plan.before == {"service": ""}
    assert plan.after == {PROGRAM: "program", UNIT: "unit", "service": "active, enabled"}


def test_a_converged_service_has_no_diff() -> None:
    plan = plan_service(ServiceState(**CONVERGED), params())
    assert plan.before == plan.after


def test_a_file_is_written_whole_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "heal.py"
    assert read_file(path) is None
    write_file(path, ServiceFile("größer\n", 0o644))
    assert read_file(path) == ServiceFile("größer\n", 0o644)
    assert [one.name for one in tmp_path.iterdir()] == ["heal.py"]


def test_the_directory_of_changes_to_a_unit_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "docker.service.d" / "heal.conf"
    write_file(path, ServiceFile("", 0o644))
    assert path.exists()
    remove_file(path)
    assert not path.parent.exists()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"missing/heal\.py cannot be written"):
        write_file(tmp_path / "missing" / "heal.py", ServiceFile("", 0o644))


@pytest.mark.parametrize("wanted", ["present", "absent"])
@pytest.mark.parametrize(
    "state",
    [
        CONVERGED,
        {"files": {}},
        {"files": {PROGRAM: FILES[PROGRAM]}},
        {**CONVERGED, "files": {**FILES, PROGRAM: ServiceFile("old", 0o644)}},
        {**CONVERGED, "files": {**FILES, PROGRAM: ServiceFile("program", 0o777)}},
        {**CONVERGED, "is_active": False},
        {**CONVERGED, "is_enabled": False},
        {**CONVERGED, "is_effective": False},
        {**CONVERGED, "needs_reload": True},
    ],
)
def test_what_differs_is_what_the_module_would_change(state: dict[str, Any], wanted: str) -> None:
    facts = json.loads(json.dumps(ServiceState(**state).as_facts()))
    changes = plan_service(ServiceState(**state), params(wanted)).changes
    assert differing_services({"heal.service": facts}, [params(wanted)]) == (["heal.service"] if changes else [])


@pytest.mark.parametrize("observed", [None, {}, {"other.service": {}}])
def test_a_service_that_was_not_looked_at_differs(observed: dict[str, Any] | None) -> None:
    assert differing_services(observed, [params()]) == ["heal.service"]


def test_facts_hold_no_content() -> None:
    facts = ServiceState(**CONVERGED).as_facts()
    assert facts["files"][PROGRAM]["mode"] == "0644"
    assert len(facts["files"][PROGRAM]["sha256"]) == 64
    assert "content" not in facts["files"][PROGRAM]
