# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the doctor's action reads of the hosts, also where the first of them does not answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.action import doctor_decision
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import with_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayVariables
from ansible_collections.distrain.cluster.tests.unit.support.actions import action
from ansible_collections.distrain.cluster.tests.unit.support.doctor_hosts import IMAGE, NAMES, TRAINER, host

ARGUMENTS = {
    "fail_on": "error",
    "artifacts_directory": "",
    "availability": "active",
    "network_name": "distrain",
    "network_mtu": 0,
    "network_encrypted": False,
    "data_path_port": 4789,
    "keepalive_name": "distrain-keepalive",
    "heals": True,
}
UNREACHABLE = {"host": NAMES[0], "severity": "error", "subject": "ansible_host", "found": "gone", "remedy": "Start it."}
TRAINING = {"name": TRAINER, "image": IMAGE, "hosts": list(NAMES)}


class HostVars(dict[str, Mapping[str, Any]]):
    def raw_get(self, name: str) -> Mapping[str, Any]:
        return self[name]


def observed(name: str) -> dict[str, Any]:
    one = host(name)
    parts = {"doctor_docker": one.docker, "doctor_toolkit": one.toolkit, "doctor_images": one.images}
    return {
        **parts,
        "fabric_observed": one.facts,
        "trainer_launch_jobs": one.jobs,
        "trainer_launch_arguments": TRAINING,
    }


def play(by_host: Mapping[str, Mapping[str, Any]], findings: Any = (), **arguments: Any) -> PlayVariables:
    given = {"doctor_arguments": {**ARGUMENTS, **arguments}, "preflight_decision": {"findings": list(findings)}}
    hostvars = HostVars({name: {**given, **one} for name, one in by_host.items()})
    hosts = list(by_host)
    return PlayVariables(
        {
            **hostvars[hosts[0]],
            "hostvars": hostvars,
            "groups": {"all": hosts, "managers": hosts[:1]},
            "ansible_play_hosts_all": hosts,
            "ansible_play_hosts": hosts,
        }
    )


WELL = {name: observed(name) for name in NAMES}
DEAD = {"msg": "Failed to connect", "unreachable": True}


def test_a_cluster_that_is_well_succeeds_and_is_kept(tmp_path: Path) -> None:
    made, shown = action(doctor_decision)
    found = made.decide({"stage": "end"}, play(WELL, artifacts_directory=str(tmp_path)))
    assert found["findings"] == found["differences"] == []
    assert not found.get("failed")
    assert shown[-1] == "Nothing is wrong."
    assert json.loads((tmp_path / "doctor.json").read_text())["hosts"]["gpu-02"]["swarm"] == "worker, ready"


def test_the_trainer_is_known_although_the_first_host_does_not_answer() -> None:
    without = {**WELL[NAMES[1]], "doctor_images": {"images": [], "absent": [IMAGE]}}
    by_host = {NAMES[0]: {"fabric_observed": DEAD}, NAMES[1]: without, NAMES[2]: WELL[NAMES[2]]}
    found = action(doctor_decision)[0].decide({"stage": "end"}, play(by_host, [UNREACHABLE]))
    assert found["failed"]
    assert [(one["host"], one["subject"]) for one in found["findings"]] == [
        (NAMES[0], "ansible_host"),
        (NAMES[1], "image"),
    ]


@pytest.mark.parametrize(("fail_on", "expected"), [("error", True), ("never", False)])
def test_it_fails_at_the_severity_that_is_given(fail_on: str, expected: bool) -> None:
    found = action(doctor_decision)[0].decide({"stage": "end"}, play(WELL, [UNREACHABLE], fail_on=fail_on))
    assert found.get("failed", False) is expected


def test_a_part_that_has_failed_is_reported_and_the_others_are_judged() -> None:
    by_host = {**WELL, NAMES[1]: {**WELL[NAMES[1]], "doctor_trainer_problem": with_page("It is off.", "arguments")}}
    found = action(doctor_decision)[0].decide({"stage": "end"}, play(by_host))
    assert [(one["subject"], one["found"]) for one in found["findings"]] == [
        ("trainer", "could not be looked at: It is off")
    ]


def test_where_nothing_was_observed_nothing_breaks() -> None:
    found = action(doctor_decision)[0].decide({"stage": "end"}, play({name: {} for name in NAMES}))
    assert found["findings"] == []
    assert action(doctor_decision)[0].decide({"stage": "overlay"}, play({name: {} for name in NAMES}))["carriers"] == []


def test_the_containers_that_can_measure() -> None:
    found = action(doctor_decision)[0].decide({"stage": "overlay"}, play(WELL))
    assert found["carriers"] == list(NAMES)
    assert found["endpoints"][0] == {"network": "distrain", "host": "gpu-01", "name": "distrain-keepalive-gpu-01"}
