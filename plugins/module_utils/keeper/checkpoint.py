# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Relay files of a checkpoint of a job from one host to others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..base.agent_link import AgentLink, Events
from ..base.errors import ClusterError
from ..base.port_range import parsed_port_range
from ..delivery.fleet import Fleet
from ..delivery.keys import RelayKeys
from ..delivery.tree import TreeDelivery, TreeOrder
from ..text.progress import Progress
from .link import Address

_DISK_RESERVE = 1024**3
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Order:
    """Which files go from where to where; ``path`` and ``dest`` are as C(Place.path_of) returns them.

    ``rate`` is in bytes a second, 0 for no limit. A ``copy`` is nowhere the same directory, and holds nothing else.
    """

    source: str
    path: str
    hosts: Sequence[str]
    dest: str
    only: Sequence[str]
    rate: int = 0
    copy: bool = False


def relay(
    order: Order,
    addresses: Mapping[str, Address],
    ports: str,
    connect: Callable[[str, Events], AgentLink],
    show: Callable[[str], None],
    begun: Callable[[Fleet], None] = lambda _fleet: None,
) -> int:
    """Relay the files, and return how many bytes were sent; raise ClusterError with all that failed.

    The agents, which ``connect`` starts, know where things lie, and have keys of their own. ``begun`` gets the fleet of
    them, whose end ends the relay.
    """
    hosts = {host: addresses[host] for host in dict.fromkeys((order.source, *order.hosts))}
    tree = TreeOrder(
        source=order.source,
        disk_reserve=_DISK_RESERVE,
        patience=_PATIENCE_SECONDS,
        addresses={host: one.address for host, one in hosts.items()},
        ports=parsed_port_range("trainer_launch_transfer_ports", ports),
        keys=RelayKeys(identities={host: one.identity for host, one in hosts.items()}),
        path=order.path,
        dest=order.dest,
        delete=order.copy,
        owner=False,
        outside_links="refuse",
        only=order.only,
        rate=order.rate,
        marks=not order.copy,
    )

    def say(line: str) -> None:
        # Of a transfer in progress nobody reads the old lines.
        if not isinstance(line, Progress):
            show(line)

    with Fleet((host, functools.partial(connect, host)) for host in hosts) as fleet:
        begun(fleet)
        results = TreeDelivery(tree, fleet, say).deliver(list(hosts), check_mode=False)
    failed = {host: result["msg"] for host, result in results.items() if result.get("failed")}
    if failed:
        text = " ".join(f"{host}: {message}" for host, message in failed.items())
        what = f"{order.path} of {order.source}"
        raise ClusterError(f"{what} could not be brought to every host. {text}", failed_host=next(iter(failed)))
    return sum(int(result.get("bytes_sent") or 0) for result in results.values())
