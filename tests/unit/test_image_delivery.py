# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what the hosts say to what each of them is told, with a fleet that only remembers."""

from __future__ import annotations

import base64
import dataclasses
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError, Refused
from ansible_collections.distrain.cluster.plugins.module_utils.image_identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image_prefix import REPOSITORY, WantedImage
from ansible_collections.distrain.cluster.plugins.module_utils.image_state import HeldImage, HostImages
from ansible_collections.distrain.cluster.plugins.plugin_utils.image_delivery import ImageDelivery, Order

NAME = "team/trainer:1"
MB = 10**6
CONFIG = base64.b64encode(b"the config").decode()


def identity(layers: str) -> ImageIdentity:
    return ImageIdentity(f"sha256:of-{layers}", None, tuple(f"sha256:{layer}" for layer in layers))


def held(layers: str, *names: str) -> HeldImage:
    return HeldImage(f"id-{layers}", names, 30 * MB, identity(layers))


SPOOL_BEFORE = {"directory": "/spool", "layers": 1, "bytes": 10 * MB, "limit_bytes": 64 * MB, "free_bytes": 90 * MB}
SPOOL_AFTER = {**SPOOL_BEFORE, "layers": 3, "bytes": 30 * MB, "free_bytes": 70 * MB}


class FakeFleet:
    """Answers as agents do; C(scripted) are the events that come once they have been told to send and receive."""

    def __init__(self, hosts: Mapping[str, Mapping[str, Any]], scripted: list[tuple[str, dict[str, Any]]]) -> None:
        self.failed: dict[str, ClusterError] = {}
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._hosts = hosts
        self._events = deque(scripted)

    @property
    def hosts(self) -> list[str]:
        return [host for host in self._hosts if host not in self.failed]

    def tell(self, host: str, command: dict[str, Any]) -> None:
        self.told.append((host, command))

    def ask(self, commands: Mapping[str, dict[str, Any]], answer: str) -> dict[str, dict[str, Any]]:
        answers = {}
        for host, command in commands.items():
            self.tell(host, command)
            if host in self.failed:
                continue
            if command["do"] == "prepare":
                answers[host] = {"event": answer, "port": 4000 + int(host[-1])}
            elif command["do"] == "observe":
                answers[host] = {"event": answer, "found": self._hosts[host]}
            elif command.get("question") == "settle_spool":
                answers[host] = {"event": answer, "found": SPOOL_AFTER}
            else:
                weighed = {"images": self._hosts[host]["images"], "held_layers": self._hosts[host]["held_layers"]}
                answers[host] = {"event": answer, "found": weighed}
        return answers

    def next_event(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        assert self._events, "the delivery waits for something that nobody says"
        host, event = self._events.popleft()
        if event["event"] == "failed":
            self.failed[host] = ClusterError(event["msg"])
        return host, event

    def commands(self, verb: str) -> dict[str, dict[str, Any]]:
        """By host, what it was told with this verb or was asked with this question."""
        return {host: command for host, command in self.told if verb in (command["do"], command.get("question"))}


def host(*images: HeldImage, layers: int = 0, free: int = 1000 * MB, **more: Any) -> dict[str, Any]:
    return {
        "images": HostImages("classic", "/var/lib/docker", free, images).to_dict(),
        "held_layers": layers,
        "addresses": {"swarm": "", "route": "10.0.0.9"},
        "wanted": None,
        "layer_sizes": (),
        "leftovers": False,
        "spool": SPOOL_BEFORE,
        **more,
    }


def source(layers: str = "abc") -> dict[str, Any]:
    wanted = WantedImage(NAME, identity(layers), "amd64", sizes=tuple(10 * MB for _layer in layers))
    return host(held(layers, NAME), wanted=wanted.to_dict())


def done(items: int, size: int, **more: Any) -> dict[str, Any]:
    figures = {"items": items, "bytes": size, "again": 0, "seconds": 2.0, "from_hosts": {"gpu-01": size}, "refused": []}
    return {"event": "done", **figures, **more}


ORDER = Order(
    name=NAME,
    source="gpu-01",
    docker_host="unix:///run/docker.sock",
    engine_timeout=60,
    disk_reserve=0,
    spool_directory="/spool",
    spool_limit=1000,
    patience=60,
    addresses={},
)


def deliver(
    hosts: dict[str, dict[str, Any]],
    *scripted: tuple[str, dict[str, Any]],
    check_mode: bool = False,
    order: Order = ORDER,
) -> tuple[FakeFleet, dict[str, dict[str, Any]], list[str]]:
    fleet, lines = FakeFleet(hosts, list(scripted)), list[str]()
    results = ImageDelivery(order, fleet, lines.append).deliver(list(hosts), check_mode)  # type: ignore[arg-type]
    return fleet, results, lines


def test_each_host_receives_what_it_lacks_from_the_hosts_before_it() -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(layers=2), "gpu-03": host(layers=0)}
    events = [
        ("gpu-01", {"event": "told", "arguments": {"config": CONFIG}}),
        ("gpu-03", done(3, 30 * MB)),
        ("gpu-02", {"event": "said", "text": "asking gpu-01"}),
        ("gpu-02", done(1, 10 * MB)),
    ]
    fleet, results, lines = deliver(hosts, *events)
    sent = fleet.commands("send")["gpu-01"]
    assert sent["arguments"] == {"fingerprint": "sha256:of-abc", "diff_ids": ["sha256:a", "sha256:b", "sha256:c"]}
    receive = fleet.commands("receive")
    assert {one: command["receives"] for one, command in receive.items()} == {"gpu-03": (0, 1, 2), "gpu-02": (2,)}
    assert receive["gpu-02"]["digests"] == ["c"]
    assert [peer["host"] for peer in receive["gpu-02"]["peers"]] == ["gpu-03", "gpu-01"]
    assert [peer["port"] for peer in receive["gpu-02"]["peers"]] == [4003, 4001]
    assert [command["is_last"] for command in receive.values()] == [False, True]
    assert receive["gpu-03"]["arguments"]["largest"] == 10 * MB
    assert receive["gpu-02"]["arguments"]["first"] == 2
    assert fleet.commands("tell").keys() == {"gpu-02", "gpu-03"}
    assert not results["gpu-01"]["changed"]
    assert {key: results["gpu-02"][key] for key in ("changed", "layers_sent", "layers_skipped", "bytes_sent")} == {
        "changed": True,
        "layers_sent": 1,
        "layers_skipped": 2,
        "bytes_sent": 10 * MB,
    }
    assert lines[0] == "gpu-02: asking gpu-01"
    assert lines[1].startswith("host ")
    assert lines[-1] == (
        "The spool /spool of gpu-01 holds 3 layers, 30.00 MB of at most 64.00 MB; 70.00 MB are free on its disk."
    )
    assert [result["spool"] for result in results.values()] == [SPOOL_AFTER] * 3


def test_each_host_has_a_certificate_of_its_own_and_its_address() -> None:
    order = dataclasses.replace(ORDER, addresses={"gpu-02": "10.1.0.2"})
    hosts = {"gpu-01": {**source(), "addresses": {"swarm": "10.2.0.1", "route": "10.0.0.1"}}, "gpu-02": host()}
    fleet, _results, _lines = deliver(hosts, ("gpu-02", done(3, 30 * MB)), order=order)
    prepared = fleet.commands("prepare")
    assert {one: command["address"] for one, command in prepared.items()} == {
        "gpu-01": "10.2.0.1",
        "gpu-02": "10.1.0.2",
    }
    assert len({command["keys"]["key"] for command in prepared.values()}) == 2
    assert len({command["keys"]["authority"] for command in prepared.values()}) == 1


def test_a_host_that_has_all_layers_gets_the_config_alone() -> None:
    fleet, results, _lines = deliver({"gpu-01": source(), "gpu-02": host(layers=3)}, ("gpu-02", done(0, 0)))
    assert fleet.commands("receive")["gpu-02"]["receives"] == ()
    assert fleet.commands("send")["gpu-01"]["arguments"]["diff_ids"] == []
    assert (results["gpu-02"]["changed"], results["gpu-02"]["layers_sent"]) == (True, 0)


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
    assert [command["question"] for _host, command in fleet.told if command["do"] == "ask"] == questions
    assert not fleet.commands("prepare")
    assert lines == []
    assert results["gpu-02"]["spool"] == SPOOL_BEFORE


def test_what_dead_runs_left_goes_also_where_nothing_comes() -> None:
    images = (held("abc", NAME), held("ab", f"{REPOSITORY}/of-abc:2"))
    hosts = {"gpu-01": {**source(), "leftovers": True}, "gpu-02": host(*images, leftovers=True)}
    fleet, results, _lines = deliver(hosts)
    assert fleet.commands("tidy").keys() == {"gpu-01", "gpu-02"}
    assert not results["gpu-02"]["changed"]
    assert not deliver(hosts, check_mode=True)[0].commands("tidy")


def test_check_mode_only_looks() -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(held("xyz", NAME)), "gpu-03": host(held("abc", "other:1"))}
    fleet, results, _lines = deliver(hosts, check_mode=True)
    assert {command["do"] for _host, command in fleet.told} == {"observe"}
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
    with pytest.raises(Refused, match="There is no image team/trainer:1 on gpu-01"):
        deliver(hosts)


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
    assert [line.split()[0] for line in lines] == ["host", "gpu-02", "gpu-03", "The"]


def test_a_host_that_says_itself_why_it_fails_says_what_had_come() -> None:
    fails = {**done(2, 21 * MB, again=MB), "event": "failed", "msg": "The disk is full."}
    _fleet, results, _lines = deliver({"gpu-01": source(), "gpu-02": host()}, ("gpu-02", fails))
    told = {name: results["gpu-02"][name] for name in ("failed", "msg", "layers_sent", "bytes_sent", "bytes_again")}
    assert told == {
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
def test_a_host_without_an_address_is_told_which_variable_names_one(host_name: str) -> None:
    hosts = {"gpu-01": source(), "gpu-02": host(), "gpu-03": host()}
    hosts[host_name]["addresses"] = {"swarm": "", "route": ""}
    says = f"Name it in addresses, for example addresses: {{{host_name}: 10.0.0.1}}."
    if host_name == "gpu-01":
        with pytest.raises(Refused, match=re.escape(says)):
            deliver(hosts)
        return
    fleet, results, _lines = deliver(hosts, ("gpu-03", done(3, 30 * MB)))
    assert results["gpu-02"]["msg"].endswith(says)
    assert results["gpu-03"]["changed"]
    assert fleet.commands("receive").keys() == {"gpu-03"}
