# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a checkpoint of a job from the host that has it to the others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

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


def bring_checkpoint(
    name: str,
    source: str,
    hosts: Mapping[str, Address],
    ports: str,
    connect: Callable[[str, Events], AgentLink],
    show: Callable[[str], None],
) -> None:
    """Bring the checkpoint of this name to every host, and raise ClusterError with all that failed.

    The agents, which ``connect`` starts, know where it lies, and have keys of their own.
    """
    order = TreeOrder(
        source=source,
        disk_reserve=_DISK_RESERVE,
        patience=_PATIENCE_SECONDS,
        addresses={host: one.address for host, one in hosts.items()},
        ports=parsed_port_range("trainer_launch_transfer_ports", ports),
        keys=RelayKeys(identities={host: one.identity for host, one in hosts.items()}),
        path=name,
        dest=name,
        delete=True,
        owner=False,
        outside_links="refuse",
    )

    def say(line: str) -> None:
        # Of a transfer in progress nobody reads the old lines.
        if not isinstance(line, Progress):
            show(line)

    with Fleet((host, functools.partial(connect, host)) for host in hosts) as fleet:
        results = TreeDelivery(order, fleet, say).deliver(list(hosts), check_mode=False)
    failed = {host: result["msg"] for host, result in results.items() if result.get("failed")}
    if failed:
        text = " ".join(f"{host}: {message}" for host, message in failed.items())
        raise ClusterError(f"{name} could not be brought to every host. {text}", failed_host=next(iter(failed)))
