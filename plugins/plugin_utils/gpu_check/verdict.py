# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what was measured of all GPUs -> which of them are slower than the others, and which compute otherwise.

A GPU is compared with the median of the I(others) of its model, so that it does not count for itself and two can be
compared at all. Medians, and not means, as one that is sick must not move what it is held against. GPUs of one model
differ by some percent by their silicon, their cooling and their place in the host; so it is slow where it is both
C(percent) below that median, and more than three deviations, which is what the others differ among themselves: 1.4826
times the median of their distances from their median, which for a normal distribution is its standard deviation. Where
they are all alike the percentage decides alone. A job over all GPUs goes at the pace of the slowest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import ERROR, WARNING, label

from ..findings.finding import Finding

SUBJECT = "gpu"
TERAFLOPS = "teraflops"
# In the order of the table.
COPIES = {"host_to_device": "copies from the host", "device_to_host": "copies to the host", "device": "its own copies"}
# Of a normal distribution: the standard deviation by the median of the distances from the median.
OF_MEDIAN_DISTANCE = 1.4826
DEVIATIONS = 3.0
COOLING = (
    "See playbooks/preflight.yml for lowered clocks, a limit of its power and a narrow link; have its cooling checked."
)
LINK = "See playbooks/preflight.yml for a narrow link, and nvidia-smi topo -m for the NUMA node that it is near."
REPLACE = (
    "Run the test once more; where it is the same GPU, take it out of trainer_launch_gpu_devices, and have it replaced."
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """How many percent slower than the others is a warning; twice as much is an error."""

    slow_percent: float
    slow_copy_percent: float


def verdict(rows: Sequence[Row], limits: Limits) -> list[Finding]:
    """Return what is wrong; ``rows`` has one for each GPU, with its C(host), C(gpu) and what its test has printed."""
    found = [_failed(row) for row in rows if row["problem"]]
    whole = [row for row in rows if not row["problem"]]
    by_model: dict[str, list[Row]] = {}
    for row in whole:
        by_model.setdefault(row["gpu"]["model"], []).append(row)
    for alike in by_model.values():
        found += [*_unstable(alike), *_different(alike), *_slow_ones(alike, limits)]
    return found


def shortfall(value: float, others: Sequence[float]) -> float:
    """Return by how many percent a value is below the median of the others; 0 where they differ too much to say so."""
    middle = median(others)
    deviation = OF_MEDIAN_DISTANCE * median(abs(one - middle) for one in others)
    if middle <= 0 or middle - value <= DEVIATIONS * deviation:
        return 0.0
    return 100 * (1 - value / middle)


def _failed(row: Row) -> Finding:
    return _finding(
        row, ERROR, f"the test failed: {row['problem']}", "See playbooks/preflight.yml for what is wrong with it."
    )


def _unstable(rows: Sequence[Row]) -> Iterator[Finding]:
    for row in rows:
        if len(row["digests"]) > 1:
            what = f"the same product had {len(row['digests'])} different results in {row['products']} trials"
            yield _finding(row, ERROR, what, REPLACE)


def _different(rows: Sequence[Row]) -> Iterator[Finding]:
    """Those whose result is not that of most; where two are alike in number, all of them."""
    stable = [row for row in rows if len(row["digests"]) == 1]
    counts = Counter(row["digest"] for row in stable)
    if len(counts) < 2:
        return
    (usual, most), (_other, next_most) = counts.most_common(2)
    for row in stable:
        if most == next_most:
            which = "and which of them is right is not known"
            yield _finding(row, ERROR, f"computes otherwise than another {row['gpu']['model']}, {which}", REPLACE)
        elif row["digest"] != usual:
            others = f"{most} others of the model {row['gpu']['model']}"
            yield _finding(row, ERROR, f"computes otherwise than {others}: the bits of a product differ", REPLACE)


def _slow_ones(rows: Sequence[Row], limits: Limits) -> Iterator[Finding]:
    yield from _slow(rows, TERAFLOPS, "multiplies matrices", limits.slow_percent, COOLING)
    for name, words in COPIES.items():
        yield from _slow(
            rows, name, words.replace("its own copies", "copies its memory"), limits.slow_copy_percent, LINK
        )


def _slow(rows: Sequence[Row], name: str, does: str, percent: float, remedy: str) -> Iterator[Finding]:
    known = [(row, value) for row in rows if (value := figure(row, name)) is not None]
    for row, value in known:
        others = [other for another, other in known if another is not row]
        short = shortfall(value, others) if others else 0.0
        if short >= percent:
            unit = "TFLOP/s" if name == TERAFLOPS else "GB/s"
            has = f"{value:.4g} {unit}, and the others of its model {median(others):.4g}"
            severity = ERROR if short >= 2 * percent else WARNING
            yield _finding(row, severity, f"{does} {short:.0f} % slower than the others: {has}", remedy)


def figure(row: Row, name: str) -> float | None:
    """Return teraflops, or the gigabytes a second of a copy; None where it was not measured."""
    value = row.get(TERAFLOPS) if name == TERAFLOPS else (row.get("copies") or {}).get(name)
    return float(value) if value is not None else None


def _finding(row: Row, severity: str, found: str, remedy: str) -> Finding:
    is_cpu = not row["gpu"]["pci_address"] and row["gpu"]["uuid"] == "cpu"
    return Finding(
        row["host"], severity, SUBJECT, f"{'its processor' if is_cpu else label(row['gpu'])}: {found}", remedy
    )
