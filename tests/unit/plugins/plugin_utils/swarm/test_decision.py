# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each host needs to be a node of the swarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.service.plan import digest
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.network import EngineNetwork
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, Node
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.cluster import Cluster, Host
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.decision import decide
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.keepalive import (
    LABEL,
    keepalive_digest,
    keepalive_settings,
)

PYTHON = "/opt/distrain/venv/bin/python"
HEAL = "distrain-heal.service"
OVERLAY = {"subnet": "10.77.0.0/16", "mtu": 1500}
ARGUMENTS: dict[str, Any] = {
    "python": PYTHON,
    "state": "present",
    "availability": "active",
    "advertise_addr": "",
    "data_path_addr": "",
    "data_path_port": 4789,
    "listen_addr": "0.0.0.0:2377",
    "remove_unlisted": False,
    "rotate_tokens": False,
    "network_name": "distrain",
    "network_subnet": "",
    "network_mtu": 0,
    "network_encrypted": False,
    "network_labels": {},
    "network_recreate": False,
    "keepalive_name": "distrain-keepalive",
    "keepalive_image": "distrain/probe:1",
    "keepalive_port": 7780,
    "heal_wait": 60,
    "firewall": False,
    "firewall_allow": [],
    "transfer_ports": "",
    "keeper_port": 7947,
}
NAMES = ("gpu-01", "gpu-02", "gpu-03")
NETWORK = EngineNetwork("n1", "distrain", "overlay", ("10.77.0.0/16",), mtu=1500, attachable=True)
NODES = [
    Node(f"id-{name}", name, "manager" if name == NAMES[0] else "worker", "ready", "active", f"198.18.1.1{number}")
    for number, name in enumerate(NAMES, 1)
]


def membership(number: int) -> dict[str, Any]:
    """As C(swarm_info) returns it of the host with this number, the first of which is the manager."""
    name, is_manager = NAMES[number - 1], number == 1
    found = Membership("active", is_manager, "s", f"id-{name}", f"198.18.1.1{number}", hostname=name)
    return {**found.as_facts(), "nodes": [node.as_result() for node in NODES] if is_manager else []}


def container(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "status": "running",
        "image": "distrain/probe:1",
        "image_id": "sha256:1",
        "named_image_id": "sha256:1",
        "labels": {LABEL: keepalive_digest(keepalive_settings(ARGUMENTS, name))},
        "networks": {"distrain": "n1"},
        "restart_policy": "unless-stopped",
        "memory_bytes": 67108864,
        **changes,
    }


def service(content: str) -> dict[str, Any]:
    return {
        "files": {"/lib/heal.py": {"sha256": digest(content), "mode": "0644"}},
        "is_known": True,
        "is_active": True,
        "is_enabled": True,
        "needs_reload": False,
        "is_effective": True,
    }


def observed(number: int, **engine: Any) -> dict[str, Any]:
    name = NAMES[number - 1]
    return {
        "engine": {
            "error": None,
            "membership": membership(number),
            "containers": {"distrain-keepalive": container(name)},
            "overlay_networks": [NETWORK.as_facts()],
            **engine,
        },
        "programs": {PYTHON: True},
        "services": {HEAL: service("waits" if number > 1 else "does not wait")},
    }


def host(number: int, facts: Mapping[str, Any] | None = None, **arguments: Any) -> Host:
    name = NAMES[number - 1]
    chosen = {"advertise_addr": f"198.18.1.1{number}", "data_path_addr": f"198.18.1.1{number}"}
    role = "manager" if number == 1 else "worker"
    return Host(name, {**ARGUMENTS, **arguments}, observed(number) if facts is None else facts, chosen, role)


def services(name: str, decided: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = "waits" if decided["heal_waits"] else "does not wait"
    return [{"name": HEAL, "files": [{"path": "/lib/heal.py", "content": content}], "state": "present"}]


def cluster(*hosts: Host, **changes: Any) -> Cluster:
    by_name = {one.name: one for one in (host(1), host(2), host(3), *hosts)}
    given = {
        "hosts": by_name,
        "first_manager": "gpu-01",
        "inventory": NAMES,
        "inventory_names": NAMES,
        "overlay": OVERLAY,
        "services": services,
        "firewall_hosts": NAMES,
        "chosen": {name: one.chosen for name, one in by_name.items()},
        **changes,
    }
    return Cluster(**given)


def test_converged_hosts_need_nothing() -> None:
    decision = decide(cluster())
    assert not decision["is_unsettled"] and not decision["network"]["differs"]
    assert [one["acts"] or one["needs_python"] for one in decision["hosts"].values()] == [False] * 3
    assert decision["carriers"] == list(NAMES)
    assert decision["endpoints"][1] == {"network": "distrain", "host": "gpu-02", "name": "distrain-keepalive-gpu-02"}
    assert decision["node_ids"] == [f"id-{name}" for name in NAMES]
    assert decision["unlisted"] == []


def bare(number: int) -> dict[str, Any]:
    outside = Membership(hostname=NAMES[number - 1]).as_facts()
    return {**observed(number, membership=outside, containers={}, overlay_networks=[]), "services": {}}


def test_bare_hosts_need_everything() -> None:
    decision = decide(cluster(*(host(number, bare(number)) for number in (1, 2, 3))))
    assert decision["is_unsettled"]
    assert [one["membership"] for one in decision["hosts"].values()] == [["init"], ["join"], ["join"]]
    assert [one["keepalive"]["differs"] for one in decision["hosts"].values()] == [["container", "network"]] * 3
    assert decision["network"] == {**OVERLAY, "id": "", "differs": True}
    assert {tuple(one["services"]) for one in decision["hosts"].values()} == {(HEAL,)}


def test_a_container_that_is_gone_is_started_again_and_nothing_else() -> None:
    decision = decide(cluster(host(2, observed(2, containers={}))))
    assert [name for name, one in decision["hosts"].items() if one["acts"]] == ["gpu-02"]
    assert decision["hosts"]["gpu-02"]["keepalive"]["differs"] == ["container"]
    assert not decision["hosts"]["gpu-02"]["keepalive"]["recreate"]


def test_a_network_that_differs_moves_every_container() -> None:
    decision = decide(cluster(host(1, network_mtu=1400, network_recreate=True)))
    assert decision["network"]["differs"]
    assert [one["keepalive"]["recreate"] for one in decision["hosts"].values()] == [True] * 3


def test_a_drained_host_makes_way_for_a_network_that_is_made_anew() -> None:
    drained = host(3, availability="drain", network_recreate=True)
    decision = decide(cluster(host(1, network_mtu=1400, network_recreate=True), drained))
    assert decision["hosts"]["gpu-03"]["acts"] and decision["hosts"]["gpu-03"]["keepalive"]["differs"] == []
    assert not decide(cluster(drained))["hosts"]["gpu-03"]["acts"]


def test_a_host_that_is_to_leave_or_is_drained_carries_nothing() -> None:
    decision = decide(cluster(host(2, state="absent"), host(3, availability="drain")))
    assert decision["carriers"] == ["gpu-01"]
    assert decision["hosts"]["gpu-02"]["membership"] == ["leave"]
    assert decision["hosts"]["gpu-03"]["membership"] == ["entry"]
    assert decision["node_ids"] == ["id-gpu-01", "id-gpu-03"]
    assert decision["members"][1]["availability"] == ""


def test_the_first_manager_acts_where_the_network_or_the_list_needs_a_step() -> None:
    decision = decide(cluster(host(3, availability="drain")))
    assert decision["hosts"]["gpu-01"]["needs_python"]
    without = [{**observed(1, overlay_networks=[]), "services": {HEAL: service("does not wait")}}]
    assert decide(cluster(host(1, without[0])))["hosts"]["gpu-01"]["acts"]


def test_a_firewall_has_the_addresses_of_all_hosts() -> None:
    decision = decide(cluster(host(2, firewall=True)))
    addresses = [f"198.18.1.1{number}" for number in (1, 2, 3)]
    assert decision["hosts"]["gpu-02"]["firewall"] == {
        "addresses": {"ipv4": addresses, "ipv6": []},
        "ports": [2377, 7946, 7947],
        "transfer_ports": "",
    }
    assert decision["hosts"]["gpu-01"]["firewall"] == {}


@pytest.mark.parametrize("networks", [[NETWORK.as_facts()], [], None])
@pytest.mark.parametrize("error", ["The swarm does not have a leader.", "rpc error: context deadline exceeded"])
def test_a_swarm_without_a_leader_is_left_to_its_own_step(networks: Any, error: str) -> None:
    leaderless = {**membership(1), "error": error, "nodes": []}
    first = observed(1, membership=leaderless, overlay_networks=networks)
    decision = decide(cluster(host(1, first, network_subnet="10.99.0.0/16", network_mtu=1400)))
    assert decision["hosts"]["gpu-01"]["membership"] == ["init"]


def test_a_node_of_no_host_is_named_only_where_all_hosts_were_asked() -> None:
    two = {name: host(number) for number, name in enumerate(NAMES[:2], 1)}
    (sentence,) = decide(cluster(hosts=two, inventory_names=NAMES[:2]))["unlisted"]
    assert "Node gpu-03" in sentence
    assert decide(cluster(hosts=two, inventory_names=NAMES[:2], is_limited=True))["unlisted"] == []


NO_ENGINE = {"engine": {"error": "Connection refused", "membership": None}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (cluster(first_manager=""), r'swarm_first_manager: found "", which is no host'),
        (cluster(host(1, state="absent")), r"swarm_first_manager: .*\(swarm_state: absent\)"),
        (cluster(missing=["gpu-03"]), r"gpu-03: it failed before in this play.*nothing was changed"),
        (cluster(host(2, {"unreachable": True, "msg": "No route"})), r"gpu-02: it could not be observed: No route"),
        (cluster(host(2, NO_ENGINE)), r"gpu-02: No Docker engine answers .*Connection refused.*installed and running"),
        (cluster(host(1, remove_unlisted=True), is_limited=True), r"swarm_remove_unlisted: .*without --limit"),
        (
            cluster(host(3, {**observed(3, containers={}), "programs": {PYTHON: False}})),
            r"gpu-03: swarm_python: found no /opt/distrain/venv/bin/python .*playbooks/hosts\.yml",
        ),
        (cluster(host(1, network_mtu=1400)), r"gpu-01: Network distrain differs .*mtu: found 1500, wanted 1400"),
        (cluster(host(2, firewall=True, firewall_allow=["198.18.1.12"])), "swarm_firewall_allow lacks 198.18.1.11"),
        (cluster(host(2, transfer_ports="7900-7999")), "swarm_transfer_ports: .* holds 7946, 7947 of the swarm itself"),
        (cluster(host(2, transfer_ports="28599-28500")), "swarm_transfer_ports: found '28599-28500', wanted a range"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_changed(changed: Cluster, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        decide(changed)


def test_a_host_on_which_nothing_is_done_needs_no_python() -> None:
    decide(cluster(host(3, {**observed(3), "programs": {PYTHON: False}})))
