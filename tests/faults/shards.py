# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All cases in shards side by side, each on a lab of its own: for a machine with many cores.

    python -m tests.faults.shards COUNT [--first-lab-number NUMBER] [-- ARGUMENTS OF tests.faults]

What a shard prints goes to artifacts/faults-NUMBER.log; the table of all stands at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.faults import lab, report
from tests.faults.case import Blamed, Entry


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.shards", description=__doc__)
    parser.add_argument("count", type=int, help="how many shards")
    parser.add_argument("--first-lab-number", type=int, default=40, help="the number of the first shard's lab")
    parser.add_argument("others", nargs="*", help="arguments of tests.faults")
    given = parser.parse_args()
    numbers = range(given.first_lab_number, given.first_lab_number + given.count)
    with ThreadPoolExecutor(given.count) as pool:
        shards = [
            pool.submit(run, number, f"{index}/{given.count}", given.others) for index, number in enumerate(numbers, 1)
        ]
    entries = [entry for number in numbers for entry in read(number)]
    report.write(entries)
    print(f"\n{report.table(entries)}")
    return max(shard.result() for shard in shards)


def run(number: int, shard: str, others: Sequence[str]) -> int:
    """Run one shard and return its exit code; what an earlier run left is removed."""
    results(number).unlink(missing_ok=True)
    results(number).parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.faults", f"--shard={shard}", f"--lab-number={number}", *others]
    with results(number).with_suffix(".log").open("w") as log:
        code = subprocess.run(command, cwd=lab.ROOT, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    print(f"shard {shard} on lab {number} has ended with {code}; its log is {log.name}", flush=True)
    return code


def results(number: int) -> Path:
    return lab.ROOT / "artifacts" / f"faults-{number}.json"


def read(number: int) -> Sequence[Entry]:
    """The entries of a shard; none where it has not come to its first case."""
    if not results(number).exists():
        return []
    return [read_entry(document) for document in json.loads(results(number).read_text())]


def read_entry(document: dict[str, Any]) -> Entry:
    blames = {key: Blamed(**document[key]) for key in ("blamed", "expected") if isinstance(document[key], dict)}
    return Entry(**{**document, **blames})


if __name__ == "__main__":
    sys.exit(main())
