# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image that does not come to all hosts: who fails, with what, and that the others get it."""

from __future__ import annotations

import re

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.image import ImageDelivery
from ansible_collections.distrain.cluster.tests.unit.support.image_deliveries import (
    MB,
    ORDER,
    FakeFleet,
    deliver,
    done,
    host,
    source,
)


def test_a_full_disk_fails_its_own_host_only() -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(free=MB), "gpu-03": host()}
    fleet, results, _lines = deliver(hosts, ("gpu-03", done(3, 30 * MB)))
    assert results["gpu-02"]["failed"]
    assert "The disk of gpu-02 is too small for team/trainer:1: 1.00 MB are free" in results["gpu-02"]["msg"]
    assert results["gpu-03"]["changed"]
    assert fleet.commands("prepare").keys() == {"gpu-01", "gpu-03"}


def test_a_host_that_dies_fails_alone() -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(), "gpu-03": host()}
    events = [
        ("gpu-02", {**done(1, 14 * MB), "event": "progress"}),
        ("gpu-02", {"event": "failed", "msg": "The agent on host gpu-02 has ended."}),
        ("gpu-03", done(3, 30 * MB)),
    ]
    _fleet, results, lines = deliver(hosts, *events)
    assert results["gpu-02"]["msg"] == "The agent on host gpu-02 has ended."
    assert results["gpu-02"]["failed"]
    assert (results["gpu-02"]["layers_sent"], results["gpu-02"]["bytes_sent"]) == (1, 14 * MB), "what had come"
    assert results["gpu-03"]["changed"]
    assert [line.split()[0] for line in lines[-4:]] == ["host", "gpu-02", "gpu-03", "The"]


def test_a_host_that_says_itself_why_it_fails_says_what_had_come() -> None:
    fails = {**done(2, 21 * MB, again=MB), "event": "failed", "msg": "The disk is full."}
    _fleet, results, _lines = deliver({"gpu-01": source(), "gpu-02": host()}, ("gpu-02", fails))
    shown = {name: results["gpu-02"][name] for name in ("failed", "msg", "layers_sent", "bytes_sent", "bytes_again")}
    assert shown == {
        "failed": True,
        "msg": "The disk is full.",
        "layers_sent": 2,
        "bytes_sent": 21 * MB,
        "bytes_again": MB,
    }


def test_a_host_that_was_never_reached_fails_with_zeros() -> None:
    fleet = FakeFleet({"gpu-01": source(), "gpu-03": host()}, [("gpu-03", done(3, 30 * MB))])
    fleet.failed["gpu-02"] = ClusterError("gpu-02 is reached by the connection 'local'.")
    names = ["gpu-01", "gpu-02", "gpu-03"]
    results = ImageDelivery(ORDER, fleet, lambda _line: None).deliver(names, False)  # type: ignore[arg-type]
    assert (results["gpu-02"]["failed"], results["gpu-02"]["bytes_sent"]) == (True, 0)
    assert results["gpu-03"]["changed"]


def test_a_source_that_dies_fails_those_that_still_receive() -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(), "gpu-03": host()}
    dies = ("gpu-01", {"event": "failed", "msg": "killed"})
    _fleet, results, _lines = deliver(hosts, ("gpu-02", done(3, 30 * MB)), dies)
    assert results["gpu-02"]["changed"]
    assert "gpu-01, which sends, has failed: killed" in results["gpu-03"]["msg"]
    assert "stays there for the next run" in results["gpu-03"]["msg"]


@pytest.mark.parametrize("host_name", ["gpu-01", "gpu-02"])
def test_a_host_without_an_address_is_reported_with_the_variable_that_names_one(host_name: str) -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(), "gpu-03": host()}
    hosts[host_name]["addresses"] = {"swarm": "", "route": ""}
    says = f"Name it in addresses, for example addresses: {{{host_name}: 10.0.0.1}}."
    if host_name == "gpu-01":
        with pytest.raises(PlanError, match=re.escape(says)):
            deliver(hosts)
        return
    fleet, results, _lines = deliver(hosts, ("gpu-03", done(3, 30 * MB)))
    assert results["gpu-02"]["msg"].endswith(says)
    assert results["gpu-03"]["changed"]
    assert fleet.commands("receive").keys() == {"gpu-03"}
