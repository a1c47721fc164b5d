# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each part of a transfer costs on this machine: over the loopback, without disks and engines.

    python -m tests.bench.relay [--megabytes 2048] [--rounds 3] [--against DIRECTORY]

C(--against) is another checkout of this collection, measured in turn with this one in the same run. The best of
the rounds counts, since whatever else runs only takes away. The busiest thread is what limits a host whose cores are
free: with less than one second for a GB it carries more than 1 GB/s. The table goes into artifacts/bench/relay.json.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority

ROOT = Path(__file__).resolve().parents[3]
END = Path(__file__).with_name("end.py")
MEBIBYTE = 1024**2
SECONDS = 280


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table; ``checkout`` is whose code is measured."""

    name: str
    kind: str
    is_secured: bool
    checkout: Path


def rows(against: Path | None) -> list[Row]:
    found = [
        Row("SHA-256 alone", "hash", False, ROOT),
        Row("copying between sockets", "copy", False, ROOT),
        Row("the same with TLS", "copy", True, ROOT),
    ]
    for name, checkout in (("relay, before", against), ("relay", ROOT)):
        if checkout:
            found += [Row(name, "relay", False, checkout), Row(f"{name}, with TLS", "relay", True, checkout)]
    return found


def measure(row: Row, size: int) -> dict[str, float]:
    keys = dataclasses.asdict(RunAuthority().keys_for("h0")) if row.is_secured else None
    order: dict[str, Any] = {"bytes": size, "items": [size // 4] * 4, "keys": keys}
    if row.kind == "hash":
        return {**_answer(_end(row, "receive"), order), "send_cpu": 0.0}
    sender = _end(row, "send")
    order |= _answer(sender, order)
    found = _answer(_end(row, "receive"), order)
    sent, _errors = sender.communicate(timeout=SECONDS)
    return {**found, "send_cpu": json.loads(sent.splitlines()[-1])["cpu"]}


def _end(row: Row, end: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(row.checkout / ".collections")}
    return subprocess.Popen(
        [sys.executable, str(END), row.kind, end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd="/",
    )


def _answer(process: subprocess.Popen[str], order: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()
    size = options.megabytes * MEBIBYTE
    wanted = rows(options.against)
    found: dict[str, list[dict[str, float]]] = {row.name: [] for row in wanted}
    for _round in range(options.rounds):
        for row in wanted:
            found[row.name].append(measure(row, size))
    table = {name: {key: min(one[key] for one in rounds) for key in rounds[0]} for name, rounds in found.items()}
    head = ("what", "MB/s", "CPU s/GB to receive", "to send", "to receive, busiest thread", "load")
    lines: list[tuple[str, ...]] = [head]
    load = f"{os.getloadavg()[0]:.1f}"
    for name, one in table.items():
        # What has one thread alone is that thread.
        per_gb = [f"{one.get(key, one['cpu']) / size * 1e9:.2f}" for key in ("cpu", "send_cpu", "busiest")]
        lines.append((name, f"{size / one['seconds'] / 1e6:.0f}", *per_gb, load))
    print("\n".join(table_lines(lines, right={1, 2, 3, 4, 5})))
    artifacts = ROOT / "artifacts/bench"
    artifacts.mkdir(parents=True, exist_ok=True)
    record = {"bytes": size, "load": os.getloadavg(), "rounds": found, "best": table}
    (artifacts / "relay.json").write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
