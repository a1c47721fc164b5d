# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's part of swarm_join: it asks the manager, and passes its answer on to the host."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import with_page
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.messages import explain_lost_quorum
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.state import Membership, host_part
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.other_host import OtherHost

MODULE = "distrain.cluster.swarm_join"
INFO = "distrain.cluster.swarm_info"
NODE = "distrain.cluster.swarm_node"


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        if not self._task.args.get("manager"):
            raise AnsibleActionFail("missing required arguments: manager")
        manager = OtherHost(self, self._task.args["manager"], variables)
        try:
            if self._task.args.get("state", "present") == "absent":
                return self._leave(manager, variables)
            return self._join(manager, variables)
        except AnsibleActionFail as error:
            raise AnsibleActionFail(with_page(error.message, "swarm")) from None
        finally:
            manager.close()

    def _join(self, manager: OtherHost, variables: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + int(self._task.args.get("timeout", 120))
        swarm = self._view() or manager.run_module(INFO, self._engine_arguments())
        self._refuse_view(manager, swarm)
        internal = _manager_answer(swarm)
        result = self._run_here(internal, variables, check_mode=True)
        if result.get("failed") and result.get("node_id"):
            # A join in the background may have finished since the manager was asked.
            swarm = manager.run_module(INFO, self._engine_arguments())
            if _find_node(swarm, result["node_id"]):
                internal = _manager_answer(swarm)
                result = self._run_here(internal, variables, check_mode=True)
        if result.get("failed"):
            return result
        if result["changed"] and not self._task.check_mode:
            result = self._join_now(manager, variables, internal, _find_node(swarm, result["node_id"]))
            if result.get("failed"):
                return result
            swarm = self._wait_until_ready(manager, result["node_id"], deadline)
        elif not result["changed"]:
            swarm = self._wait_until_ready(manager, result["node_id"], deadline, swarm)
        return self._settle_role(manager, result, swarm)

    def _join_now(
        self,
        manager: OtherHost,
        variables: dict[str, Any],
        internal: Mapping[str, Any],
        entry: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """Join; a member that joins again was demoted before, and its old entry goes afterwards."""
        token = self._token(manager)
        about_entry = {**self._engine_arguments(), "node_id": entry["id"]} if entry else None
        if about_entry and entry and entry["role"] == "manager":
            manager.run_module(NODE, {**about_entry, "role": "worker"})
        result = self._run_here({**internal, **token}, variables, check_mode=False)
        if about_entry and not result.get("failed"):
            manager.run_module(NODE, {**about_entry, "state": "absent"})
        return result

    def _leave(self, manager: OtherHost, variables: dict[str, Any]) -> dict[str, Any]:
        if manager.name == (self._task.delegate_to or variables["inventory_hostname"]):
            raise AnsibleActionFail(
                "The manager itself leaves its swarm by playbooks/reset.yml, or by the module swarm_init with its "
                "option state: absent."
            )
        swarm, warning = self._ask_for_leaving(manager)
        internal = _manager_answer(swarm)
        if internal["member_node_ids"] is None:
            internal["manager_hosts"] = self._addresses_of(manager, reachable=warning is None)
        result = self._run_here(internal, variables, check_mode=True)
        if warning and (result["changed"] or result.get("failed")):
            result.setdefault("warnings", []).append(warning)
        if result.get("failed") or not result["changed"] or self._task.check_mode:
            return result
        is_member = result["node_id"] in (internal["member_node_ids"] or ())
        about_node = {**self._engine_arguments(), "node_id": result["node_id"]}
        if is_member:
            manager.run_module(NODE, {**about_node, "availability": "drain", "role": "worker"})
        left = self._run_here(internal, variables, check_mode=False)
        if is_member and not left.get("failed"):
            manager.run_module(NODE, {**about_node, "state": "absent"})
        return {**left, "warnings": result.get("warnings", [])}

    def _view(self) -> dict[str, Any] | None:
        """Return the given view of the manager, or None where its swarm was absent or broken at that time."""
        view = self._task.args.get("manager_view")
        return view if view and view.get("is_manager") and not view.get("error") else None

    def _refuse_view(self, manager: OtherHost, swarm: Mapping[str, Any]) -> None:
        if not swarm["is_manager"] and not self._task.check_mode:
            raise AnsibleActionFail(
                f"Host {manager.name} is no manager of a swarm (its engine says {swarm['state']}). "
                "Run playbooks/swarm.yml on it too, or the module swarm_init there first."
            )
        if swarm["error"]:
            raise AnsibleActionFail(explain_lost_quorum(Membership.from_result(swarm), f"Host {manager.name}"))

    def _settle_role(self, manager: OtherHost, result: dict[str, Any], swarm: Mapping[str, Any]) -> dict[str, Any]:
        node = _find_node(swarm, result["node_id"])
        wanted = self._task.args.get("role", "worker")
        if node is None or node["role"] == wanted:
            return result
        arguments = {**self._engine_arguments(), "node_id": node["id"], "role": wanted}
        settled = manager.run_module(NODE, arguments)
        diffs = [one for one in (result.get("diff"), settled.get("diff")) if one]
        return {**result, "changed": True, "role": wanted, "diff": diffs}

    def _wait_until_ready(
        self, manager: OtherHost, node_id: str, deadline: float, seen: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        node = _find_node(seen, node_id) if seen else None
        if seen and node and node["state"] == "ready":
            return seen
        timeout = max(1, int(deadline - time.monotonic()))
        arguments = {**self._engine_arguments(), "wait_for_ready": [node_id], "timeout": timeout}
        return manager.run_module(INFO, arguments)

    def _token(self, manager: OtherHost) -> dict[str, str]:
        if self._task.args.get("join_token"):
            return {"join_token": self._task.args["join_token"]}
        role = self._task.args.get("role", "worker")
        arguments = {**self._engine_arguments(), "join_token_role": role}
        return {"join_token": manager.run_module(INFO, arguments, no_log=True)["join_token"]}

    def _ask_for_leaving(self, manager: OtherHost) -> tuple[dict[str, Any], str | None]:
        """Return the manager's answer, or an empty one and the reason, as a host can leave without a manager."""
        try:
            return manager.run_module(INFO, self._engine_arguments()), None
        except AnsibleActionFail as error:
            return {}, f"The manager could not be asked: {error.message}"

    def _addresses_of(self, manager: OtherHost, reachable: bool) -> list[str]:
        if reachable:
            facts = manager.run_module("ansible.builtin.setup", {"gather_subset": ["!all", "!min", "network"]})
            found = facts["ansible_facts"]
            return [*found.get("ansible_all_ipv4_addresses", []), *found.get("ansible_all_ipv6_addresses", [])]
        return manager.known_addresses()

    def _run_here(self, internal: Mapping[str, Any], variables: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        wanted = self._task.check_mode
        self._task.check_mode = check_mode
        try:
            arguments = {**self._task.args, **internal}
            arguments.pop("manager_view", None)
            return self._execute_module(module_name=MODULE, module_args=arguments, task_vars=variables)
        finally:
            self._task.check_mode = wanted

    def _engine_arguments(self) -> dict[str, Any]:
        return {name: self._task.args[name] for name in ("docker_host", "engine_timeout") if name in self._task.args}


def _manager_answer(swarm: Mapping[str, Any]) -> dict[str, Any]:
    if not swarm.get("is_manager") or swarm["error"]:
        return {"remote_addrs": [], "member_node_ids": None, "manager_hosts": []}
    managers = [node for node in swarm["nodes"] if node["manager_address"]]
    addresses = sorted({node["manager_address"] for node in managers})
    # The engine asks one of them at random, and gives up where that one is gone.
    answering = {node["manager_address"] for node in managers if node.get("reachability") != "unreachable"}
    return {
        "remote_addrs": sorted(answering) or addresses,
        "member_node_ids": [node["id"] for node in swarm["nodes"]],
        "manager_hosts": [host_part(address) for address in addresses],
    }


def _find_node(swarm: Mapping[str, Any], node_id: str) -> dict[str, Any] | None:
    return next((node for node in swarm["nodes"] if node["id"] == node_id), None)
