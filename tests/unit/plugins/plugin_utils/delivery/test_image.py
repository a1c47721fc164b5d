# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands to each host, by what the hosts report of an image."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.keys import RelayKeys
from ansible_collections.distrain.cluster.plugins.module_utils.image.prefix import REPOSITORY
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.image_deliveries import (
    CONFIG,
    MB,
    MEASURED,
    NAME,
    ORDER,
    SPOOL_AFTER,
    SPOOL_BEFORE,
    deliver,
    done,
    held,
    host,
    source,
)


def test_each_host_receives_what_it_lacks_from_the_hosts_before_it() -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(layers=2), "gpu-03": host(layers=0)}
    events = [
        ("gpu-01", {"event": "config", "arguments": {"config": CONFIG}}),
        ("gpu-03", done(3, 30 * MB)),
        ("gpu-02", {"event": "message", "text": "asking gpu-01"}),
        ("gpu-02", done(1, 10 * MB)),
    ]
    fleet, results, lines = deliver(hosts, *events)
    sent = fleet.commands("send")["gpu-01"]
    assert sent["arguments"] == {"fingerprint": "sha256:of-abc", "diff_ids": ["sha256:a", "sha256:b", "sha256:c"]}
    receive = fleet.commands("receive")
    assert {one: command["receives"] for one, command in receive.items()} == {"gpu-03": [0, 3], "gpu-02": [2, 1]}
    assert receive["gpu-02"]["digests"] == ["c"]
    assert [peer["host"] for peer in receive["gpu-02"]["peers"]] == ["gpu-03", "gpu-01"]
    assert [peer["port"] for peer in receive["gpu-02"]["peers"]] == [4003, 4001]
    assert [command["is_last"] for command in receive.values()] == [False, True]
    assert receive["gpu-03"]["arguments"]["largest"] == 10 * MB
    assert receive["gpu-02"]["arguments"]["first"] == 2
    assert fleet.commands("take_config").keys() == {"gpu-02", "gpu-03"}
    assert not results["gpu-01"]["changed"]
    assert {key: results["gpu-02"][key] for key in ("changed", "layers_sent", "layers_skipped", "bytes_sent")} == {
        "changed": True,
        "layers_sent": 1,
        "layers_skipped": 2,
        "bytes_sent": 10 * MB,
    }
    assert [line.split()[0] for line in lines[:4]] == ["host", "gpu-03", "gpu-02", "Not"]
    assert lines[4] == "gpu-02: asking gpu-01"
    assert lines[5].startswith("host ")
    assert lines[-1] == (
        "The spool /spool of gpu-01 holds 3 layers, 30.00 MB of at most 64.00 MB; 70.00 MB are free on its disk."
    )
    assert [result["spool"] for result in results.values()] == [SPOOL_AFTER] * 3


def test_each_host_has_a_certificate_of_its_own_and_its_address() -> None:
    order = dataclasses.replace(ORDER, addresses={"gpu-02": "10.1.0.2"}, ports=range(28500, 28600))
    order = dataclasses.replace(order, keys=RelayKeys(RunAuthority))
    hosts = {"gpu-01": {**source(), "addresses": {"swarm": "10.2.0.1", "route": "10.0.0.1"}}, "gpu-02": host()}
    fleet, _results, _lines = deliver(hosts, ("gpu-02", done(3, 30 * MB)), order=order)
    prepared = fleet.commands("prepare")
    assert {one: command["address"] for one, command in prepared.items()} == {
        "gpu-01": "10.2.0.1",
        "gpu-02": "10.1.0.2",
    }
    assert [command["ports"] for command in prepared.values()] == [{"first": 28500, "last": 28599}] * 2
    assert len({command["keys"]["key"] for command in prepared.values()}) == 2
    assert len({command["keys"]["authority"] for command in prepared.values()}) == 1


def test_what_is_expected_is_shown_before_and_what_was_learned_is_kept() -> None:
    hosts = {
        "gpu-01": {**source(), "rates": {"disk": 1000 * MB}},
        "gpu-02": host(rates={"load classic": 10 * MB}, links={"10.0.0.9": 125 * MB}),
    }
    came = done(3, 300 * MB, seconds=30.0, busy={"load": 25.0, "window": 20.0})
    fleet, results, lines = deliver(hosts, ("gpu-02", came))
    assert lines[:3] == [
        "host    layers    bytes     seconds expected  limited by      MB/s",
        "gpu-02  1-3 of 3  30.00 MB  3.0               load of gpu-02  10.0",
        "3 s are expected, limited by the load of gpu-02.",
    ]
    assert (results["gpu-02"]["seconds_expected"], results["gpu-02"]["limited_by"]) == (3.0, "load of gpu-02")
    assert (results["gpu-01"]["seconds_expected"], results["gpu-01"]["limited_by"]) == (None, "")
    assert {one: command["rates"] for one, command in fleet.commands("remember").items()} == {
        "gpu-02": {"load classic": 12 * MB, "link at least": 10 * MB},
    }
    assert fleet.commands("measured").keys() == {"gpu-01"}


def test_a_host_that_has_all_layers_gets_the_config_alone() -> None:
    fleet, results, _lines = deliver({"gpu-01": source(), "gpu-02": host(layers=3)}, ("gpu-02", done(0, 0)))
    assert fleet.commands("receive")["gpu-02"]["receives"] == []
    assert fleet.commands("send")["gpu-01"]["arguments"]["diff_ids"] == []
    assert (results["gpu-02"]["changed"], results["gpu-02"]["layers_sent"]) == (True, 0)


def of_containerd(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "images": {**found["images"], "store": "containerd"}}


@pytest.mark.parametrize(
    ("receiving", "sizes", "is_asked"),
    [
        (of_containerd(host()), [None, 12 * MB, 13 * MB], True),
        (of_containerd(host()), [11 * MB, 12 * MB, 13 * MB], False),
        (host(), [None, None, None], False),
        (of_containerd(host(held("abc", NAME))), [None, None, None], False),
    ],
)
def test_sizes_are_found_where_a_containerd_store_needs_them(
    receiving: dict[str, Any], sizes: list[int | None], is_asked: bool
) -> None:
    sending = source()
    sending["wanted"]["sizes"] = sizes
    is_sent = not receiving["images"]["images"]
    fleet, _results, _lines = deliver(
        {"gpu-01": sending, "gpu-02": receiving}, *([("gpu-02", done(3, 36 * MB))] if is_sent else [])
    )
    assert set(fleet.commands("measure")) == ({"gpu-01"} if is_asked else set())
    if is_asked:
        assert fleet.commands("compare")["gpu-02"]["arguments"]["wanted"]["sizes"] == MEASURED


@pytest.mark.parametrize(
    ("images", "changed", "questions"),
    [
        ((held("abc", NAME),), False, []),
        ((held("abc", "other:1"),), True, ["name"]),
        ((held("xyz", NAME), held("abc")), True, ["name"]),
    ],
)
def test_where_the_image_is_nothing_is_sent(images: tuple[HeldImage, ...], changed: bool, questions: list[str]) -> None:
    fleet, results, lines = deliver({"gpu-01": source(), "gpu-02": host(*images)})
    assert results["gpu-02"]["changed"] is changed
    assert [command["question"] for _host, command in fleet.sent if command["do"] == "ask"] == questions
    assert not fleet.commands("prepare")
    assert lines == []
    assert results["gpu-02"]["spool"] == SPOOL_BEFORE


def test_what_dead_runs_left_goes_also_where_nothing_comes() -> None:
    images = (held("abc", NAME), held("ab", f"{REPOSITORY}/of-abc:2"))
    hosts = {"gpu-01": {**source(), "leftovers": True}, "gpu-02": host(*images, leftovers=True)}
    fleet, results, _lines = deliver(hosts)
    assert fleet.commands("clean_up").keys() == {"gpu-01", "gpu-02"}
    assert not results["gpu-02"]["changed"]
    assert not deliver(hosts, check_mode=True)[0].commands("clean_up")


def test_check_mode_only_looks() -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(held("xyz", NAME)), "gpu-03": host(held("abc", "other:1"))}
    fleet, results, _lines = deliver(hosts, check_mode=True)
    assert {command["do"] for _host, command in fleet.sent} == {"observe"}
    assert {one: result["changed"] for one, result in results.items()} == {
        "gpu-01": False,
        "gpu-02": True,
        "gpu-03": True,
    }
    assert results["gpu-02"]["diff"]["before"]["fingerprint"] == "sha256:of-xyz"
    assert results["gpu-02"]["diff"]["after"]["fingerprint"] == "sha256:of-abc"
    assert "would be sent" in results["gpu-02"]["msg"]
    assert "get its name only" in results["gpu-03"]["msg"]


def test_an_image_that_is_not_built_yet() -> None:
    hosts = {"gpu-01": host(), "gpu-02": host()}
    _fleet, results, _lines = deliver(hosts, check_mode=True)
    assert (results["gpu-01"]["changed"], results["gpu-02"]["changed"]) == (False, True)
    with pytest.raises(PlanError, match="There is no image team/trainer:1 on gpu-01"):
        deliver(hosts)
