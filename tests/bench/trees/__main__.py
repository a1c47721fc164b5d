# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A data set of many small files, and a few large ones, from one directory of this machine into others.

    python -m tests.bench.trees [--files 300000] [--gigabytes 4] [--rounds 3] [--against DIRECTORY] [--place /tmp]

C(--against) is another checkout of this collection, measured in turn with this one and with rsync in the same run. Both
ends are on this machine, and rsync has no network at all. The table goes into artifacts/bench/trees.json too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines

ROOT = Path(__file__).resolve().parents[3]
DELIVER = Path(__file__).with_name("deliver.py")
MEMORY = Path("/var/lib/distrain/trees")
MEBIBYTE = 1024**2
# A file that is newer is read again by the next run.
SETTLED_SECONDS = 65
SECONDS = 1800

Way = Callable[[Path, Path], dict[str, Any]]


def make_files(path: Path, count: int) -> None:
    """Make small files of 100 bytes to 4 KiB, a thousand in a directory, all different."""
    for number in range(count):
        directory = path / f"shard-{number // 1000:04}"
        if number % 1000 == 0:
            directory.mkdir(parents=True)
        size = 100 + number * 7919 % 4000
        (directory / f"sample-{number:07}.bin").write_bytes(number.to_bytes(8, "big") + bytes(size))


def make_model(path: Path, size: int) -> None:
    """Make four large files of what does not pack."""
    path.mkdir(parents=True)
    for number in range(4):
        with (path / f"model-{number + 1}-of-4.safetensors").open("wb") as file:
            for _number in range(size // 4 // MEBIBYTE):
                file.write(os.urandom(MEBIBYTE))


def ours(checkout: Path) -> Way:
    def run(source: Path, dest: Path) -> dict[str, Any]:
        environment = {**os.environ, "PYTHONPATH": str(checkout / ".collections")}
        command = [sys.executable, str(DELIVER), str(source), str(dest)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            sys.exit(f"{checkout}: {done.stderr[-2000:]}")
        found: dict[str, Any] = json.loads(done.stdout)
        assert found["code"].startswith(str(checkout)), found["code"]
        return found

    return run


def rsync(source: Path, dest: Path) -> dict[str, Any]:
    start, before = time.monotonic(), _cpu()
    subprocess.run(["rsync", "-a", "--delete", f"{source}/", f"{dest}/"], check=True, timeout=SECONDS)
    return {"seconds": time.monotonic() - start, "cpu": _cpu() - before}


def _cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def rows_of(name: str, source: Path, place: Path, ways: dict[str, Way], rounds: int) -> list[dict[str, Any]]:
    """Return the first run of each way, and its runs with nothing to do, in turn."""
    rows = []
    for way, run in ways.items():
        os.sync()
        load = os.getloadavg()[0]
        rows.append({"what": f"{name}, all of it", "way": way, "load": load, **run(source, place / way)})
        print(json.dumps(rows[-1]), file=sys.stderr)
    time.sleep(SETTLED_SECONDS)
    again: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    # In the first round files are read whose digests were too new to be remembered: it does not count.
    for number in range(rounds + 1):
        for way, run in ways.items():
            found = run(source, place / way)
            print(json.dumps({"what": f"{name}, again", "way": way, "round": number, **found}), file=sys.stderr)
            again[way].append(found)
    for way, runs in again.items():
        kept = runs[1:]
        seconds = [one["seconds"] for one in kept]
        row = {**kept[-1], "seconds": statistics.median(seconds), "runs": seconds, "load": os.getloadavg()[0]}
        rows.append({"what": f"{name}, second run", "way": way, **runs[0]})
        rows.append({"what": f"{name}, nothing to do", "way": way, **row})
    return rows


def forget(place: Path) -> None:
    """Remove what was remembered of the directories of this run."""
    for path in place.rglob("*/"):
        name = hashlib.sha256(str(path).encode()).hexdigest()[:32]
        for one in (MEMORY / name, MEMORY / f"{name}.json"):
            one.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trees", description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=300_000)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    ways: dict[str, Way] = {"ours, before": ours(options.against.resolve())} if options.against else {}
    ways |= {"ours": ours(ROOT), "rsync": rsync}
    place = Path(tempfile.mkdtemp(prefix="bench-trees-", dir=options.place))
    rows: list[dict[str, Any]] = []
    try:
        for name in ("of-files", "of-model"):
            (place / name).mkdir()
        if options.files:
            make_files(place / "files", options.files)
            rows += rows_of(f"{options.files} files", place / "files", place / "of-files", ways, options.rounds)
        if options.gigabytes:
            make_model(place / "model", int(options.gigabytes * 1000**3))
            rows += rows_of(f"{options.gigabytes:g} GB", place / "model", place / "of-model", ways, options.rounds)
    finally:
        forget(place)
        shutil.rmtree(place)
    report(rows)


def report(rows: list[dict[str, Any]]) -> None:
    table = [("what", "way", "seconds", "CPU s", "agent MiB", "longest silence, s", "load")]
    for row in rows:
        words = (f"{row.get('memory_mib', '')}", f"{row.get('silence', '')}", f"{row.get('load', 0):.1f}")
        table.append((row["what"], row["way"], f"{row['seconds']:.1f}", f"{row['cpu']:.1f}", *words))
    print("\n".join(table_lines(table)))
    kept = ROOT / "artifacts/bench/trees.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
