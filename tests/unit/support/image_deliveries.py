# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A delivery of an image with a fleet that only records: the answers of hosts, and the commands to them."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.keys import RelayKeys
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image.prefix import WantedImage
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage, HostImages
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.image import ImageDelivery, ImageOrder
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority

NAME = "team/trainer:1"
MB = 10**6
CONFIG = base64.b64encode(b"the config").decode()


def identity(layers: str) -> ImageIdentity:
    return ImageIdentity(f"sha256:of-{layers}", None, tuple(f"sha256:{layer}" for layer in layers))


def held(layers: str, *names: str) -> HeldImage:
    return HeldImage(f"id-{layers}", names, 30 * MB, identity(layers))


SPOOL_BEFORE = {"directory": "/spool", "layers": 1, "bytes": 10 * MB, "limit_bytes": 64 * MB, "free_bytes": 90 * MB}
SPOOL_AFTER = {**SPOOL_BEFORE, "layers": 3, "bytes": 30 * MB, "free_bytes": 70 * MB}
MEASURED = [11 * MB, 12 * MB, 13 * MB]


class FakeFleet:
    """Answers as agents do; C(scripted) are the events that follow the commands to send and receive."""

    def __init__(self, hosts: Mapping[str, Mapping[str, Any]], scripted: list[tuple[str, dict[str, Any]]]) -> None:
        self.failed: dict[str, ClusterError] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._hosts = hosts
        self._events = deque(scripted)

    @property
    def hosts(self) -> list[str]:
        return [host for host in self._hosts if host not in self.failed]

    def send(self, host: str, command: dict[str, Any]) -> None:
        self.sent.append((host, command))

    def ask(self, commands: Mapping[str, dict[str, Any]], answer: str) -> dict[str, dict[str, Any]]:
        answers = {}
        for host, command in commands.items():
            self.send(host, command)
            if host in self.failed:
                continue
            if command["do"] == "prepare":
                answers[host] = {"event": answer, "port": 4000 + int(host[-1])}
            elif command["do"] == "observe":
                answers[host] = {"event": answer, "found": self._hosts[host]}
            elif command.get("question") == "settle_spool":
                answers[host] = {"event": answer, "found": SPOOL_AFTER}
            elif command.get("question") == "measure":
                answers[host] = {"event": answer, "found": {"sizes": MEASURED}}
            else:
                compared = {"images": self._hosts[host]["images"], "held_layers": self._hosts[host]["held_layers"]}
                answers[host] = {"event": answer, "found": compared}
        return answers

    def next_event(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        assert self._events, "the delivery waits for something that nobody says"
        host, event = self._events.popleft()
        if event["event"] == "failed":
            self.failed[host] = ClusterError(event["msg"])
        return host, event

    def commands(self, verb: str) -> dict[str, dict[str, Any]]:
        """Return by host the command with this verb or question."""
        return {host: command for host, command in self.sent if verb in (command["do"], command.get("question"))}


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


ORDER = ImageOrder(
    name=NAME,
    source="gpu-01",
    docker_host="unix:///run/docker.sock",
    engine_timeout=60,
    disk_reserve=0,
    spool_directory="/spool",
    spool_limit=1000,
    patience=60,
    addresses={},
    keys=RelayKeys(RunAuthority),
)


def deliver(
    hosts: dict[str, dict[str, Any]],
    *scripted: tuple[str, dict[str, Any]],
    check_mode: bool = False,
    order: ImageOrder = ORDER,
) -> tuple[FakeFleet, dict[str, dict[str, Any]], list[str]]:
    fleet, lines = FakeFleet(hosts, list(scripted)), list[str]()
    results = ImageDelivery(order, fleet, lines.append).deliver(list(hosts), check_mode)  # type: ignore[arg-type]
    return fleet, results, lines
