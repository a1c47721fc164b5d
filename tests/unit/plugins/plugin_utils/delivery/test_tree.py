# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands for a directory and the results, with a fleet that only records."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.action.tree_transfer import _checked
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.tree import TreeDelivery, TreeOrder

NOTHING = {
    "changed": False,
    "wanted": [],
    "bytes": 0,
    "files_sent": 0,
    "deleted": 0,
    "diff": [],
    "problem": "",
    "free_bytes": 10,
    "needed_bytes": 0,
}
ORDER = TreeOrder(
    path="/a",
    dest="/b",
    source="gpu-01",
    delete=True,
    owner=False,
    outside_links="refuse",
    disk_reserve=0,
    patience=60,
    addresses={},
)
LACKS = {**NOTHING, "changed": True, "wanted": [0, 1], "bytes": 3, "files_sent": 1, "deleted": 2, "diff": ["+ f"]}


class FakeFleet:
    """Answers as agents do; those that receive are done at once."""

    def __init__(self, compared: Mapping[str, Mapping[str, Any]]) -> None:
        self.failed: dict[str, ClusterError] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.hosts = ["gpu-01", *compared]
        self._compared = compared
        self._done: list[str] = []

    def ask(self, commands: Mapping[str, dict[str, Any]], answer: str) -> dict[str, dict[str, Any]]:
        self.sent += commands.items()
        return {host: {"port": 4000, "found": self._found(host, command)} for host, command in commands.items()}

    def send(self, host: str, command: dict[str, Any]) -> None:
        self.sent.append((host, command))
        if command["do"] == "receive":
            self._done.append(host)

    def next_event(self, timeout: float) -> tuple[str, dict[str, Any]]:
        came = {"items": 1, "bytes": 3, "again": 0, "seconds": 0.5, "from_hosts": {"gpu-01": 3}, "refused": []}
        return self._done.pop(0), {"event": "done", **came}

    def verbs(self, host: str) -> list[str]:
        return [command.get("question", command["do"]) for one, command in self.sent if one == host]

    def _found(self, host: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        compared = self._compared.get(host, {})
        if command.get("question") == "compare":
            lacks = [0, 1] if compared.get("changed") else []
            return compared if compared.get("is_shared") else {"is_shared": False, "lacks": lacks}
        if command.get("question") == "plan":
            return dict(compared)
        if command.get("question") == "pages":
            return {"pages": [[number, "packed"] for number in command["arguments"]["numbers"]]}
        addresses = {"swarm": "", "route": "" if host == "gpu-09" else f"10.0.0.{host[-1]}"}
        return {"addresses": addresses, "outline": "o", "files": 1, "marker": "m"}


def deliver(compared, check_mode=False):
    fleet = FakeFleet(compared)
    order = dataclasses.replace(ORDER, shows_diff=True)
    results = TreeDelivery(order, fleet, lambda line: None).deliver(fleet.hosts, check_mode)
    return fleet, results


def test_only_hosts_that_lack_something_receive_commands() -> None:
    fleet, results = deliver({"gpu-02": LACKS, "gpu-03": NOTHING})
    assert fleet.verbs("gpu-02") == ["observe", "compare", "take_pages", "plan", "stage", "prepare", "receive"]
    assert fleet.verbs("gpu-03") == ["observe", "compare", "plan"]
    assert results["gpu-01"]["changed"] is results["gpu-03"]["changed"] is False
    shown = {name: results["gpu-02"][name] for name in ("changed", "files_sent", "bytes_sent", "deleted", "from_hosts")}
    assert shown == {"changed": True, "files_sent": 1, "bytes_sent": 3, "deleted": 2, "from_hosts": {"gpu-01": 3}}
    assert results["gpu-02"]["diff"] == {"prepared": "+ f\n"}


def test_check_mode_only_asks() -> None:
    fleet, results = deliver({"gpu-02": LACKS}, check_mode=True)
    assert fleet.verbs("gpu-02") == ["observe", "compare", "take_pages", "plan"]
    assert results["gpu-02"]["changed"]
    assert results["gpu-02"]["msg"] == "1 files of 1 would be sent, with 3 bytes."
    assert all(not command["arguments"]["writes"] for _host, command in fleet.sent if command["do"] == "observe")


def test_a_host_that_only_puts_things_right_gets_no_byte() -> None:
    fleet, results = deliver({"gpu-02": {**LACKS, "wanted": [], "bytes": 0, "files_sent": 0}})
    command = next(command for _host, command in fleet.sent if command["do"] == "receive")
    assert command["receives"] == []
    assert results["gpu-02"]["changed"]


def test_a_problem_of_one_host_is_its_own() -> None:
    fleet, results = deliver({"gpu-02": {**LACKS, "problem": "too small", "needed_bytes": 99}, "gpu-03": LACKS})
    assert results["gpu-02"]["failed"]
    assert (results["gpu-02"]["msg"], results["gpu-02"]["needed_bytes"]) == ("too small", 99)
    assert fleet.verbs("gpu-02") == ["observe", "compare", "take_pages", "plan"]
    assert results["gpu-03"]["changed"]


def test_a_host_that_fails_reports_what_had_come() -> None:
    class Failing(FakeFleet):
        def next_event(self, timeout: float) -> tuple[str, dict[str, Any]]:
            host, event = super().next_event(timeout)
            if host == "gpu-02":
                self.failed[host] = ClusterError("full")
                return host, {**event, "event": "failed", "msg": "full"}
            return host, event

    fleet = Failing({"gpu-02": LACKS, "gpu-03": LACKS})
    results = TreeDelivery(ORDER, fleet, lambda line: None).deliver(fleet.hosts, False)
    shown = {name: results["gpu-02"][name] for name in ("failed", "bytes_sent", "files_sent", "deleted")}
    assert shown == {"failed": True, "bytes_sent": 3, "files_sent": 0, "deleted": 0}
    assert results["gpu-03"]["files_sent"] == 1


def test_a_host_without_an_address_is_not_touched() -> None:
    fleet, results = deliver({"gpu-09": LACKS, "gpu-03": LACKS})
    assert "The address of gpu-09 for the other hosts is not known" in results["gpu-09"]["msg"]
    assert fleet.verbs("gpu-09") == ["observe", "compare", "take_pages", "plan"]
    assert results["gpu-03"]["changed"]


def test_shared_storage_is_left_alone() -> None:
    fleet, results = deliver({"gpu-02": {"is_shared": True}})
    assert not results["gpu-02"]["changed"]
    assert "the same directory" in results["gpu-02"]["msg"]
    assert fleet.verbs("gpu-02") == ["observe", "compare"]


@pytest.mark.parametrize("path", ["relative", "/srv/../etc", "/", "/etc", "/var/lib/"])
def test_where_nothing_is_brought(path) -> None:
    with pytest.raises(PlanError, match="dest is"):
        _checked("dest", path)
