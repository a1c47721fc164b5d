# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many agents on this machine, each with a link and a load of a given rate: one chain, and what is chosen instead.

    python -m tests.bench.chains [--hosts 31] [--megabytes 24] [--link 16] [--load 2] [--slow 0.25] [--rounds 2]

The rates are in MB/s. Then one host in the middle loads at C(--slow), if that is not 0: without and with letting it be
overtaken. All run in turn, and the best of the rounds counts, since whatever else runs only takes away. The table goes
into artifacts/bench/chains.json too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import stat
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.delivery.chain import plan_chains
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.fleet import Fleet
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.keys import RelayKeys
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.progress import RelayProgress, Total
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.run import RelayRun
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.shape import Pace, choose_chains
from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import SshTarget
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import starts
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority

ROOT = Path(__file__).resolve().parents[3]
AGENT = Path(__file__).with_name("agent.py")
SOURCE = "source"
LAYERS = 6
MEGA = 10**6


@dataclass(frozen=True)
class Case:
    """``overtakes`` is whether a slow host is let be overtaken."""

    name: str
    chains: Sequence[Sequence[str]]
    loads: Mapping[str, float]
    overtakes: bool = True


class PlainRun(RelayRun):
    """A run in which nobody is overtaken, as it was before."""

    def _overtake_slow(self, receiving: set[str]) -> None: ...


def stand_in(directory: Path) -> str:
    """Return the path of a program that stands for C(ssh), and starts the bench's agent here."""
    program = directory / "ssh"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{AGENT}"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def run(case: Case, ssh: str, sizes: list[int], link: float) -> dict[str, Any]:
    hosts = [SOURCE, *(host for chain in case.chains for host in chain)]
    targets = [SshTarget(host, "ssh", {"ssh_executable": ssh}) for host in hosts]
    with Fleet(starts(targets, "tree")) as fleet:
        arguments = {host: {"sizes": sizes, "link": link, "load": case.loads.get(host, link)} for host in hosts}
        fleet.ask({host: {"do": "observe", "arguments": one} for host, one in arguments.items()}, "observed")
        totals = {host: Total(len(sizes), sum(sizes)) for host in hosts[1:]}
        digests = [hashlib.sha256(bytes(size)).hexdigest() for size in sizes]
        kind = RelayRun if case.overtakes else PlainRun
        said: list[str] = []
        progress = RelayProgress(totals, "layers", lambda _line: None)
        addresses = dict.fromkeys(hosts, "127.0.0.1")
        relay = kind(fleet, SOURCE, addresses, 60, range(0), RelayKeys(RunAuthority), digests, progress, said.append)
        start = time.monotonic()
        wanted = {host: tuple(range(len(sizes))) for host in hosts[1:]}
        carried = relay.carry(plan_chains(SOURCE, wanted, case.chains), [], {}, lambda _link: {})
        seconds = time.monotonic() - start
        if fleet.failed:
            sys.exit(f"{case.name}: {fleet.failed}")
    each = sorted(one["seconds"] for one in carried.values())
    held = [line for line in said if "holds up" in line]
    return {"seconds": round(seconds, 1), "median": round(statistics.median(each), 1), "said": held}


def cases(options: argparse.Namespace) -> list[Case]:
    names = [f"host-{number:02}" for number in range(1, options.hosts + 1)]
    link, load = options.link * MEGA, options.load * MEGA
    chosen = choose_chains(names, options.megabytes * MEGA, dict.fromkeys(names, Pace(link, load)), link)
    even = dict.fromkeys(names, load)
    found = [Case("one chain", [names], even), Case(f"chosen: {len(chosen)} chains", chosen, even)]
    if not options.slow:
        return found
    slow = {**even, names[len(names) // 2]: options.slow * MEGA}
    return [
        *found,
        Case("one chain, one slow host", [names], slow, overtakes=False),
        Case("the same, and it is overtaken", [names], slow),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.chains", description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=31)
    parser.add_argument("--megabytes", type=int, default=24)
    parser.add_argument("--link", type=float, default=16)
    parser.add_argument("--load", type=float, default=2)
    parser.add_argument("--slow", type=float, default=0.25)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    sizes = [options.megabytes * MEGA // LAYERS] * LAYERS
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as directory:
        ssh = stand_in(Path(directory))
        for _round in range(options.rounds):
            for case in cases(options):
                one = run(case, ssh, sizes, options.link * MEGA)
                print(case.name, json.dumps(one), f"load {os.getloadavg()[0]:.1f}", file=sys.stderr)
                found.setdefault(case.name, []).append(one)
    rows = [("what", "the last host, s", "the median host, s", "rounds")]
    for name, runs in found.items():
        best = min(runs, key=lambda one: float(one["seconds"]))
        rows.append((name, f"{best['seconds']}", f"{best['median']}", f"{len(runs)}"))
    print("\n".join(table_lines(rows)))
    kept = ROOT / "artifacts/bench/chains.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
