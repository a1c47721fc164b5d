# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring up the lab, measure, write the table and the plot into artifacts; exit 1 only where a row has no value.

With C(--only) the other rows have none, and what went wrong is what counts.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from tests.bench.images import pair, report, ways
from tests.bench.images.bench import Bench
from tests.bench.images.images import make_images
from tests.bench.images.lab import Lab
from tests.bench.images.measure import Measure
from tests.bench.images.options import Options, parse
from tests.bench.images.rows import rows
from tests.faults.lab import LabError


def main() -> int:
    # A kill is like Ctrl-C: the lab goes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = parse()
    start = time.monotonic()
    lab = Lab(options)
    try:
        return measure(lab, options, start)
    except LabError as error:
        print(f"Could not measure: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted", file=sys.stderr)
        return 130
    finally:
        leave(lab, options)


def measure(lab: Lab, options: Options, start: float) -> int:
    def show(text: str) -> None:
        print(f"[{time.monotonic() - start:6.0f} s] {text}", flush=True)

    show(f"Bringing up a lab of {len(lab.hosts)} hosts")
    lab.make("present")
    show("Installing the rivals")
    ways.prepare(lab)
    pair.prepare(lab)
    show("Making the images")
    bench = Bench(lab, Measure(lab, make_images(lab, options), options), options, show)
    try:
        bench.run()
    finally:
        table = [row for row in rows(bench.samples, options) if not options.only or row.rounds or row.void_rounds]
        minutes = round((time.monotonic() - start) / 60, 1)
        report.write(table, bench.samples, bench.problems, options, {**machine(), **lab.facts(), "took": minutes})
        print(f"\n{report.table(table, options)}")
        for problem in bench.problems:
            print(f"went wrong: {problem}")
    return 1 if (bench.problems if options.only else any(row.value is None for row in table)) else 0


def leave(lab: Lab, options: Options) -> None:
    """The caps are those of the interfaces, and the interfaces are the hosts' own."""
    if options.keep:
        lab.uncap()
    else:
        lab.make("absent")


def machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "kernel": os.uname().release, "at": time.strftime("%Y-%m-%dT%H:%M:%S%z")}


if __name__ == "__main__":
    sys.exit(main())
