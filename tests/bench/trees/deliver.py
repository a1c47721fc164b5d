# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One delivery of a directory between agents on this machine, by the code of the checkout that is on the path.

    PYTHONPATH=CHECKOUT/.collections python deliver.py SOURCE DEST...

Each agent is started as over SSH, by a program that stands for C(ssh) and runs the command here. It prints one line of
JSON: the seconds, those of a core that all agents took, the most memory that any agent had, the longest time without a
line for the user, and what came.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

from ansible_collections.distrain.cluster.plugins.module_utils.delivery.fleet import Fleet
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.keys import RelayKeys
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.tree import TreeDelivery, TreeOrder
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.remote_agent import RemoteAgent
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import SshTarget
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import starts
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority

SSH = Path(__file__).with_name("local_ssh")
_POLL_SECONDS = 0.05


class OneDestination(TreeDelivery):
    """Each host of the run has a directory of its own, since all are on one machine."""

    dests: dict[str, str]

    def _arguments_of(self, host: str, check_mode: bool) -> dict[str, Any]:
        arguments = super()._arguments_of(host, check_mode)
        return arguments if arguments["is_source"] else {**arguments, "path": self.dests[host]}


class Watch:
    """The most memory of any process so far, and the longest time between two lines."""

    def __init__(self, pids: list[int]) -> None:
        self._pids = pids
        self.memory_kib = 0
        self.silence = 0.0
        self.silent_after = self._last = ""  # the lines before the longest silence, and the last of all
        self._line_at = time.monotonic()
        self.is_over = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def line(self, text: str) -> None:
        now = time.monotonic()
        if now - self._line_at > self.silence:
            self.silence, self.silent_after = now - self._line_at, self._last
        self._line_at, self._last = now, text
        print(text, file=sys.stderr)

    def _run(self) -> None:
        while not self.is_over.wait(_POLL_SECONDS):
            for pid in self._pids:
                with contextlib.suppress(OSError, StopIteration):
                    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                    most = next(line for line in lines if line.startswith("VmHWM"))
                    self.memory_kib = max(self.memory_kib, int(most.split()[1]))


def main(source: str, *dests: str) -> None:
    names = [f"host-{number:02}" for number in range(1, len(dests) + 1)]
    hosts = ["source", *names]
    order = TreeOrder(
        source="source",
        disk_reserve=0,
        patience=120,
        addresses=dict.fromkeys(hosts, "127.0.0.1"),
        keys=RelayKeys(RunAuthority),
        path=source,
        dest=dests[0],
        delete=True,
        owner=False,
        outside_links="keep",
    )
    targets = [SshTarget(host, "ssh", {"ssh_executable": str(SSH)}) for host in hosts]
    start = time.monotonic()
    with Fleet(starts(targets, "tree")) as fleet:
        watch = Watch([cast(RemoteAgent, agent)._process.pid for agent in fleet._agents.values()])
        delivery = OneDestination(order, fleet, watch.line)
        delivery.dests = dict(zip(names, dests, strict=True))
        results = delivery.deliver(names, check_mode=False)
        seconds = time.monotonic() - start
        watch.is_over.set()
    watch.line("")
    failed = {host: result["msg"] for host, result in results.items() if result.get("failed")}
    if failed:
        sys.exit(str(failed))
    found = {
        "seconds": round(seconds, 2),
        "cpu": round(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]), 2),
        "memory_mib": round(watch.memory_kib / 1024),
        "silence": round(watch.silence, 1),
        "silent_after": watch.silent_after,
        "bytes": sum(result["bytes_sent"] for result in results.values()),
        "code": inspect.getfile(TreeDelivery),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
