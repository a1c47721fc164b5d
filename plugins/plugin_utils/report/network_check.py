# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of the network check by message size, over the overlay and over the hosts' network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.sizes import in_words

from .values import number, record, records, text
from .words import UNKNOWN, figure

NETWORKS = {"overlay": "overlay", "host": "host network"}


@dataclass(frozen=True)
class RateBar:
    """A rate as a bar; ``share`` is per cent of the fastest rate."""

    network: str
    name: str
    share: float
    rate: str
    took: str


@dataclass(frozen=True)
class Row:
    size: str
    bars: Sequence[RateBar]
    ratio: str


@dataclass(frozen=True)
class NetworkCheck:
    cluster: str
    date: str
    backend: str
    passed: bool
    sentence: str
    notes: Sequence[str]
    rows: Sequence[Row]


def network_checks(content: dict[str, Any]) -> list[NetworkCheck]:
    """Return the latest network check of each cluster."""
    return [_check(one) for one in latest(content)]


def latest(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the latest results of each cluster."""
    clusters = record(content.get("clusters")).values()
    return [one for one in (record(record(cluster).get("latest")) for cluster in clusters) if one]


def _check(measured: dict[str, Any]) -> NetworkCheck:
    rows = records(measured.get("rows"))
    rates = [_figure(row, network, "bus") or 0.0 for row in rows for network in NETWORKS]
    problems, slower = records(measured.get("problems")), records(measured.get("regressions"))
    return NetworkCheck(
        cluster=text(measured.get("cluster")),
        date=text(measured.get("date")),
        backend=text(measured.get("backend")),
        passed=not problems and not slower,
        sentence=_sentence(measured),
        notes=[*_problems(problems), *_slower(slower), *_compared(measured)],
        rows=[_row(row, max(rates, default=0.0)) for row in rows],
    )


def _sentence(measured: dict[str, Any]) -> str:
    network = text(measured.get("network"))
    if not network:
        return "No all-reduce was completed."
    sentence = f"A job should use the {NETWORKS.get(network, network)}: {text(measured.get('reason'))}."
    return f"{sentence} {text(measured.get('remedy'))}".strip()


def _problems(problems: Sequence[dict[str, Any]]) -> Iterator[str]:
    for one in problems:
        network = text(one.get("network"))
        yield f"Over the {NETWORKS.get(network, network)}: {text(one.get('found'))}."


def _slower(regressions: Sequence[dict[str, Any]]) -> Iterator[str]:
    for one in regressions:
        network = text(one.get("network"))
        where = f"{_size(one.get('bytes'))} over the {NETWORKS.get(network, network)}"
        yield f"{where}: {_rate(number(one.get('now')))} now, {_rate(number(one.get('before')))} in the baseline."


def _compared(measured: dict[str, Any]) -> Iterator[str]:
    against, differs = text(measured.get("compared_with")), text(measured.get("not_compared"))
    if differs:
        yield f"Not compared with the baseline, which was measured differently ({differs})."
    elif against:
        yield f"Compared with the baseline of {against}."


def _row(row: dict[str, Any], fastest: float) -> Row:
    bars = [_bar(row, network, name, fastest) for network, name in NETWORKS.items()]
    return Row(_size(row.get("bytes")), [found for found in bars if found], figure(row.get("ratio"), 2))


def _bar(row: dict[str, Any], network: str, name: str, fastest: float) -> RateBar | None:
    bus, seconds = _figure(row, network, "bus"), _figure(row, network, "seconds")
    if bus is None:
        return None
    share = round(max(0.0, bus) / fastest * 100, 2) if fastest > 0 else 0.0
    took = f"{figure(seconds * 1000)} ms" if seconds is not None else UNKNOWN
    return RateBar(network, name, share, _rate(bus), took)


def _figure(row: dict[str, Any], network: str, field: str) -> float | None:
    return number(record(row.get(network)).get(field))


def _rate(value: float | None) -> str:
    return UNKNOWN if value is None else f"{in_words(value)}/s"


def _size(value: Any) -> str:
    """Return C(64 MiB), or bytes where it is no multiple of 1 KiB."""
    size = number(value)
    if size is None:
        return UNKNOWN
    for unit, count in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= count and size % count == 0:
            return f"{size / count:.0f} {unit}"
    return f"{size:.0f} bytes"
