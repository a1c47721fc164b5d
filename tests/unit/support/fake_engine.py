# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An engine in memory that answers the swarm and network verbs as Docker does."""

from __future__ import annotations

from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError


def fail_with(error: Exception | None) -> None:
    """Fail as the test wants it, if it wants it."""
    if error:
        raise error


class FakeEngine:
    """Starts in no swarm; ``calls`` are the changing verbs in order."""

    def __init__(self) -> None:
        self.swarm_info: dict[str, Any] = {"LocalNodeState": "inactive"}
        self.node_list: list[dict[str, Any]] = []
        self.network_list: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.join_error: EngineError | None = None
        self.state_after_join = "active"
        self.remove_network_error: EngineError | None = None
        self.tasks: dict[str, list[dict[str, Any]]] = {}
        self.tokens = 1
        self.rotates = True

    def become_manager(self, node_id: str = "m1", address: str = "198.18.1.11") -> FakeEngine:
        self.swarm_info = {
            "LocalNodeState": "active",
            "ControlAvailable": True,
            "NodeID": node_id,
            "NodeAddr": address,
            "Cluster": {"ID": "swarm1"},
            "RemoteManagers": [{"NodeID": node_id, "Addr": f"{address}:2377"}],
        }
        self.node_list = [node(node_id, role="manager", manager_address=f"{address}:2377")]
        return self

    def become_worker(self, node_id: str = "w1", managers: tuple[str, ...] = ("198.18.1.11:2377",)) -> FakeEngine:
        self.swarm_info = {
            "LocalNodeState": "active",
            "NodeID": node_id,
            "NodeAddr": "198.18.1.12",
            "RemoteManagers": [{"NodeID": "m1", "Addr": one} for one in managers],
        }
        return self

    def info(self) -> dict[str, Any]:
        return {"Swarm": self.swarm_info}

    def swarm(self) -> dict[str, Any]:
        number = "" if self.tokens == 1 else f"-{self.tokens}"
        return {"JoinTokens": {"Worker": f"SWMTKN-worker{number}", "Manager": f"SWMTKN-manager{number}"}}

    def rotate_join_tokens(self, worker: bool, manager: bool) -> None:
        self.calls.append(f"rotate worker={worker} manager={manager}")
        self.tokens += self.rotates

    def init_swarm(self, advertise_addr: str | None, **_others: Any) -> None:
        self.calls.append("init")
        self.become_manager("m2", advertise_addr or "198.18.1.11")

    def join_swarm(self, **arguments: Any) -> None:
        self.calls.append(f"join {','.join(arguments['remote_addrs'])} with {arguments['join_token']}")
        self.become_worker("w2", tuple(arguments["remote_addrs"]))
        self.swarm_info["LocalNodeState"] = self.state_after_join
        if self.state_after_join != "active":
            self.swarm_info["NodeID"] = ""
        fail_with(self.join_error)

    def leave_swarm(self, force: bool) -> None:
        self.calls.append(f"leave force={force}")
        self.swarm_info = {"LocalNodeState": "inactive"}

    def nodes(self) -> list[dict[str, Any]]:
        return self.node_list

    def set_node_role(self, node_id: str, role: str) -> None:
        self.calls.append(f"set_role {node_id} {role}")
        for one in self.node_list:
            if one["ID"] == node_id:
                one["Spec"]["Role"] = role
                one["ManagerStatus"] = {"Addr": "198.18.1.12:2377"} if role == "manager" else None

    def set_node_availability(self, node_id: str, availability: str) -> None:
        self.calls.append(f"set_availability {node_id} {availability}")
        next(one for one in self.node_list if one["ID"] == node_id)["Spec"]["Availability"] = availability

    def running_tasks(self, node_id: str) -> list[dict[str, Any]]:
        return self.tasks.get(node_id, [])

    def remove_node(self, node_id: str, force: bool) -> None:
        self.calls.append(f"remove {node_id} force={force}")
        self.node_list = [one for one in self.node_list if one["ID"] != node_id]

    def networks(self) -> list[dict[str, Any]]:
        return self.network_list

    def network(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.network_list if one["Name"] == name), None)

    def create_overlay_network(self, name: str, subnet: str | None, gateway: str | None, **others: Any) -> str:
        self.calls.append(f"create {name}")
        pool = {"Subnet": subnet or "10.0.1.0/24", "Gateway": gateway or "10.0.1.1"}
        self.network_list.append(network(name, [pool], **{key.capitalize(): value for key, value in others.items()}))
        return f"id-{name}"

    def remove_network(self, network_id: str) -> None:
        self.calls.append(f"remove {network_id}")
        fail_with(self.remove_network_error)
        self.network_list = [one for one in self.network_list if one["Id"] != network_id]


def node(
    node_id: str, role: str = "worker", state: str = "ready", hostname: str = "gpu", manager_address: str = ""
) -> dict[str, Any]:
    """A node as the API lists it."""
    return {
        "ID": node_id,
        "Description": {"Hostname": hostname},
        "Spec": {"Role": role, "Availability": "active"},
        "Status": {"State": state, "Addr": "198.18.1.12"},
        "ManagerStatus": {"Addr": manager_address} if manager_address else None,
    }


def network(name: str, pools: list[dict[str, str]], **others: Any) -> dict[str, Any]:
    """A network as the API describes it."""
    return {"Id": f"id-{name}", "Name": name, "Driver": "overlay", "IPAM": {"Config": pools}, **others}
