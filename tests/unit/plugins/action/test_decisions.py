# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions that decide once for all hosts read of the hosts, and return."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.action import (
    fabric_decision,
    fabric_endpoints,
    mirrors_decision,
    overlay_decision,
    preflight_decision,
    swarm_decision,
)
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choice import FabricSettings
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.decision import decide_networks
from ansible_collections.distrain.cluster.tests.unit.support.actions import action
from ansible_collections.distrain.cluster.tests.unit.support.fabric_hosts import HOSTS, fleet, measured

FABRIC = {
    **dict.fromkeys(("control_network", "data_network", "overlay_subnet", "advertise_addr", "data_path_addr"), ""),
    **{"overlay_name": "distrain", "overlay_mtu": 0, "job_network": "auto", "measure": "auto"},
}
MANAGEMENT = "192.0.2.0/24"


class HostVars(dict[str, Mapping[str, Any]]):
    def raw_get(self, host: str) -> Mapping[str, Any]:
        return self[host]


def play(by_host: Mapping[str, Mapping[str, Any]], own: Mapping[str, Any] | None = None, left: Any = None) -> Any:
    hosts = list(by_host)
    variables = {
        **by_host[hosts[0]],
        **(own or {}),
        "hostvars": HostVars(by_host),
        "groups": {"all": hosts, "managers": hosts[:1], "gpu_hosts": hosts},
        "ansible_play_hosts_all": hosts,
        "ansible_play_hosts": left or hosts,
    }
    return PlayVariables(variables)


def fabric_hosts(**arguments: Any) -> dict[str, dict[str, Any]]:
    return {
        name: {"fabric_arguments": {**FABRIC, **arguments}, "fabric_observed": facts} for name, facts in fleet().items()
    }


@pytest.mark.parametrize(
    ("measure", "probed", "earlier", "hosts", "used"),
    [
        pytest.param("auto", [], [], list(HOSTS), 0, id="a host is to become a node"),
        pytest.param("never", [], [], [], 0, id="never"),
        pytest.param("auto", [{"mbits": 1}], [], [], 3, id="an earlier play has measured"),
        pytest.param("auto", [], [{"mbits": 1}], [], 1, id="two plays ago"),
        pytest.param("always", [{"mbits": 1}], [], list(HOSTS), 0, id="always"),
    ],
)
def test_where_to_measure(measure: str, probed: list[Any], earlier: list[Any], hosts: list[str], used: int) -> None:
    by_host = fabric_hosts(measure=measure)
    for one in by_host.values():
        one["fabric_probed"] = {"measurements": probed}
    given = play(by_host, {"fabric_endpoints": {"measured": earlier}})
    found = action(fabric_endpoints)[0].decide({}, given)
    assert (found["hosts"], len(found["measured"])) == (hosts, used)
    assert {one["network"] for one in found["endpoints"]} >= {MANAGEMENT}
    assert found["_ansible_no_log"] and len(found["token"]) == 32


def test_the_choice_is_shown_with_what_was_measured_and_set_by_hand() -> None:
    by_host = fabric_hosts()
    by_host["gpu-02"]["fabric_arguments"]["advertise_addr"] = "ens1"
    by_host["gpu-01"]["fabric_probed"] = {"measurements": measured(MANAGEMENT)}
    made, shown = action(fabric_decision)
    found = made.decide({"show": True, "refuse": True}, play(by_host))
    assert found["hosts"]["gpu-02"]["advertise_addr"] == "198.51.100.12"
    assert found["problem"] == "" and found["table"] == shown and shown[0].startswith("advertise address")
    assert action(fabric_decision)[0].decide({"show": False, "refuse": True}, play(by_host)) == found


def test_a_choice_that_cannot_be_made_is_refused_or_left_to_another_role() -> None:
    by_host = fabric_hosts(data_network="10.0.0.0/8")
    made, _shown = action(fabric_decision)
    with pytest.raises(PlanError, match="fabric_data_network: found"):
        made.decide({"show": True, "refuse": True}, play(by_host))
    assert "fabric_data_network" in made.decide({"show": True, "refuse": False}, play(by_host))["problem"]


LOST = {"answered_by": None, "address": "10.77.0.2", "resolved": "10.77.0.2", "rtt_ms": None, "mtu": 1450}


@pytest.mark.parametrize("directory", ["", "results"])
def test_an_overlay_that_does_not_carry_fails_with_its_causes(directory: str, tmp_path: Path) -> None:
    ports = {"measure/tcp": "timeout", "measure/udp": "timeout"}
    rows = [{**row, **LOST, "ports": ports} for row in measured("distrain", ("a", "b"))]
    by_host = {
        host: {"p": {"measurements": [one for one in rows if one["source"] == host], "received_from": []}, "l": {}}
        for host in ("a", "b")
    }
    by_host["a"]["l"] = {"features": {"esp": False}}
    arguments = {"hosts": ["a", "b"], "network": "distrain", "encrypted": True, "data_path_port": 4789}
    arguments |= {
        "listened": "l",
        "probed": "p",
        "artifacts_directory": str(tmp_path / directory) * bool(directory),
    }
    made, shown = action(overlay_decision)
    found = made.decide(arguments, play(by_host))
    assert found["failed"] and found["msg"].startswith("The overlay network distrain does not carry.")
    assert [(one["cause"], one["host"]) for one in found["problems"]] == [("esp", "a")]
    assert shown[-1].startswith("0 of 2 pairs are well") and "matrix" not in found
    kept = tmp_path / "results" / "overlay-matrix.json"
    assert kept.exists() == bool(directory)
    if directory:
        assert json.loads(kept.read_text())["whole"] is False


MIRRORED = {
    "builder": "a",
    "docker_source": "distribution",
    "docker_repository_key": "",
    "nvidia_toolkit_repository": "",
    "nvidia_toolkit_repository_key": "",
    "gpu_present": "absent",
}


@pytest.mark.parametrize(
    ("mirrors", "names", "controller"),
    [
        ("none", [], []),
        ("tuna", ["apt", "apt", "pip", "huggingface"], ["pip"]),
        ({"registry": "https://m.example.org"}, ["registry"], []),
    ],
)
def test_the_mirrors_are_those_that_the_variable_stands_for(
    mirrors: Any, names: list[str], controller: list[str]
) -> None:
    facts = {"machine_id": "1", "gpus": [], "distribution": {"id": "debian", "codename": "trixie"}}
    by_host = {"a": {"preflight_arguments": {**MIRRORED, "mirrors": mirrors}, "fabric_observed": facts}}
    found = action(mirrors_decision)[0].decide({}, play(by_host))
    assert [one["name"] for one in found["hosts"].get("a", [])] == names
    assert [one["name"] for one in found["controller"]] == controller


def test_mirrors_of_nobody_are_refused() -> None:
    by_host = {"a": {"preflight_arguments": {**MIRRORED, "mirrors": "x"}, "fabric_observed": {"machine_id": "1"}}}
    with pytest.raises(PlanError, match="mirrors names the preset 'x', and there are none, aliyun, tuna"):
        action(mirrors_decision)[0].decide({}, play(by_host))


def test_the_preflight_shows_and_keeps_everything_before_it_fails(tmp_path: Path) -> None:
    arguments = {"minimum_disk_bytes": 0, "encrypted": False, "gpu_health": "refuse"}
    arguments |= {"artifacts_directory": str(tmp_path)}
    gone = {"unreachable": True, "msg": "refused"}
    by_host = {"a": {"preflight_arguments": arguments, "fabric_observed": gone, "ansible_port": 2222}, "b": {}}
    decision = decide_networks({"a": gone, "b": {}}, [], FabricSettings())
    made, shown = action(preflight_decision)
    with pytest.raises(PlanError, match=r"1 error stands in the way.*a \(a port 2222\), b"):
        made.decide({"show": True, "refuse": True}, play(by_host, {"fabric_decision": decision}))
    assert len(shown) == 2
    report = json.loads((tmp_path / "preflight.json").read_text())
    assert set(report) == {"findings", "measurements", "plan"} and len(report["findings"]) == 1


@pytest.mark.parametrize("kept", [{}, [], {"plan": None}, {"plan": {"choices": [{"what": "MTU"}]}}])
def test_the_preflight_says_in_one_line_what_it_chose_before(tmp_path: Path, kept: Any) -> None:
    choices = [{"what": "MTU", "host": "all", "value": "1500", "reason": "measured"}]
    made, _shown = action(preflight_decision)
    made.keep(str(tmp_path), "preflight.json", kept)
    assert len(made._choices(choices, str(tmp_path))) == 2
    made.keep(str(tmp_path), "preflight.json", {"plan": {"choices": choices}})
    assert made._choices(choices, str(tmp_path)) == [
        f"As before, for the reasons in {tmp_path}/preflight.json: MTU 1500"
    ]
    assert len(made._choices(choices, "")) == 2


def test_no_report_in_check_mode(tmp_path: Path) -> None:
    made, _shown = action(preflight_decision, check_mode=True)
    made.keep(str(tmp_path / "results"), "preflight.json", {})
    assert not list(tmp_path.iterdir())


def test_the_swarm_refuses_hosts_that_have_failed_before_and_leaves_out_those_without_the_role() -> None:
    arguments = {"first_manager": "a", "state": "present"}
    by_host: dict[str, Any] = {name: {"swarm_arguments": arguments, "fabric_observed": {}} for name in ("a", "b")}
    by_host["c"] = {}
    own = {"fabric_decision": decide_networks({"a": {}}, [], FabricSettings()), "__swarm_services": []}
    with pytest.raises(PlanError, match=r"b: it failed before in this play\. a: it could not be observed"):
        action(swarm_decision)[0].decide({"settled": False}, play(by_host, own, left=["a", "c"]))
