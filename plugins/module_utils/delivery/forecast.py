# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: how long a transfer takes by the rates that are known, which part limits it, and what it shows of the rates.

The parts of a transfer to a host are the disk of the source, the links up to the host, and loading on the host. They
overlap, so the slowest one alone counts. One host is ahead of another by what a window holds at most, so that a slow
host holds up those before it as well as those after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..relay.parts import (
    LOAD,
    READ,
    RECEIVE,
    SEND,
    WINDOW,
    WINDOW_BYTES,
)

LINK, DISK = "link", "disk"
# What a part has managed while another one limited: it may be faster.
AT_LEAST = " at least"
# Less than this is over before a rate shows.
_WORTH_MEASURING = 64 * 10**6
# The share of the time from which a part counts as what limits.
_MOST_OF_IT = 0.6

Rates = Mapping[str, float]
# Its name, and its seconds as far as they are known.
Part = tuple[str, "float | None"]


@dataclass(frozen=True)
class Stage:
    """One host of the chain, in its place: the bytes that it receives, and the rates in bytes per second, if known.

    ``load_name`` is under what the rate of loading is kept, which differs by what loads.
    """

    host: str
    bytes: int
    load_name: str = LOAD
    link: float | None = None
    load: float | None = None


@dataclass(frozen=True)
class Expectation:
    """``seconds`` is None where no rate is known, and at least so many where ``unknown`` names parts."""

    host: str
    seconds: float | None
    limit: str
    unknown: tuple[str, ...] = ()


def stage_of(host: str, size: int, load_name: str, rates: Rates, reported_link: float | None) -> Stage:
    """Return the stage with the best of what is known: a rate that was the limit once, before one that was not."""
    link = rates.get(LINK) or reported_link or rates.get(LINK + AT_LEAST)
    return Stage(host, size, load_name, link, rates.get(load_name))


def disk_of(rates: Rates) -> float | None:
    """Return the rate at which the source reads, if it is known."""
    return rates.get(DISK) or rates.get(DISK + AT_LEAST)


def expect(source: str, disk: float | None, chain: Sequence[Stage]) -> list[Expectation]:
    """Return what is to be expected of each host of the chain, and at last of all together."""
    if not chain:
        return []
    disk_of_source = (f"{DISK} of {source}", _seconds(chain[0].bytes, disk))
    expected = [_slowest(stage.host, [disk_of_source, *_parts(chain, place)]) for place, stage in enumerate(chain)]
    return [*expected, _slowest("", [disk_of_source, *_parts(chain, None)])]


def expect_all(source: str, disk: float | None, chains: Sequence[Sequence[Stage]]) -> list[Expectation]:
    """Return what is to be expected of each host of all chains, and at last of all together; nothing without any."""
    expected = [expect(source, disk, chain) for chain in chains if chain]
    if len(expected) < 2:
        return expected[0] if expected else []
    ends = [one[-1] for one in expected]
    known = [end for end in ends if end.seconds is not None]
    slowest = max(known, key=lambda end: end.seconds or 0.0, default=ends[0])
    unknown = tuple(dict.fromkeys(part for end in ends for part in end.unknown))
    together = Expectation("", slowest.seconds, slowest.limit, unknown)
    return [*(one for found in expected for one in found[:-1]), together]


def _parts(chain: Sequence[Stage], own: int | None) -> list[Part]:
    """Return the seconds of each link and load for the host at this place; without one, for all to the end.

    What comes to a host has passed the links before it; loads elsewhere and links after it may be windows behind.
    """
    parts: list[Part] = []
    for place, stage in enumerate(chain):
        behind = stage.bytes if own is None else max(stage.bytes - abs(own - place) * WINDOW_BYTES, 0)
        passed = stage.bytes if own is not None and place <= own else behind
        parts.append((f"{LINK} of {stage.host}", _seconds(passed, stage.link)))
        parts.append((f"{LOAD} of {stage.host}", _seconds(behind, stage.load)))
    return parts


def found_limits(
    source: str, measured: Mapping[str, float], chain: Sequence[Stage], figures: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return by host which part has limited its transfer, by where each spent its time; empty where none did most.

    ``measured`` is that of the source, ``figures`` have C(seconds) and C(busy) of the others.
    """
    limits: dict[str, str] = {}
    before = f"{DISK} of {source}" if measured.get(READ, 0) > measured.get(SEND, 0) else ""
    for place, stage in enumerate(chain):
        figure = figures.get(stage.host) or {}
        busy, seconds = figure.get("busy") or {}, max(figure.get("seconds") or 0.0, 0.001)
        if busy.get(LOAD, 0) >= _MOST_OF_IT * seconds:
            limit = f"{LOAD} of {stage.host}"
        elif busy.get(WINDOW, 0) >= _MOST_OF_IT * seconds and place + 1 < len(chain):
            limit = f"the hosts after {stage.host}"
        elif busy.get(RECEIVE, 0) >= _MOST_OF_IT * seconds:
            limit = before or f"{LINK} of {stage.host}"
        else:
            limit = ""
        limits[stage.host] = limit
        # What waits for this host waits for the same.
        before = limit if limit.startswith((LOAD, LINK, DISK)) else before
    return limits


def learned(
    source: str,
    chain: Sequence[Stage],
    figures: Mapping[str, Mapping[str, Any]],
    limits: Mapping[str, str],
    known: Mapping[str, Rates],
    shares_link: bool = False,
) -> dict[str, dict[str, float | None]]:
    """Return by host the rates that the transfer has shown, to be kept, and None for what is to be forgotten.

    ``known`` are those that each host has kept. With ``shares_link`` the source's link was shared by several chains,
    so that a host's own may be faster than it was.
    """
    found: dict[str, dict[str, float | None]] = {}
    for stage in chain:
        figure = figures.get(stage.host) or {}
        size, seconds = figure.get("bytes_sent") or 0, figure.get("seconds") or 0.0
        if size < _WORTH_MEASURING or seconds <= 0:
            continue
        busy, rates = figure.get("busy") or {}, found.setdefault(stage.host, {})
        if busy.get(LOAD):
            rates[stage.load_name] = round(size / busy[LOAD])
        limit = limits.get(stage.host, "")
        _note(
            rates,
            LINK,
            size / seconds,
            limit == f"{LINK} of {stage.host}" and not shares_link,
            known.get(stage.host, {}),
        )
        if stage == chain[0]:
            of_source = found.setdefault(source, {})
            _note(of_source, DISK, size / seconds, limit == f"{DISK} of {source}", known.get(source, {}))
    return found


def _note(rates: dict[str, float | None], part: str, rate: float, is_limit: bool, known: Rates) -> None:
    """Note the rate of a part; what is known of it from before and contradicts it is true no longer."""
    if is_limit:
        rates |= {part: round(rate), part + AT_LEAST: None}
        return
    if rate > known.get(part, rate):
        rates[part] = None
    if rate > max(known.get(part, 0), known.get(part + AT_LEAST, 0)):
        rates[part + AT_LEAST] = round(rate)


def _slowest(host: str, parts: Sequence[Part]) -> Expectation:
    unknown = tuple(name for name, seconds in parts if seconds is None)
    # Of those that take as long as each other, the last: what is at least so fast stands before it.
    known = [(seconds, name) for name, seconds in parts if seconds is not None]
    if not known:
        return Expectation(host, None, "", unknown)
    longest = max(seconds for seconds, _name in known)
    limit = next(name for seconds, name in reversed(known) if seconds == longest)
    return Expectation(host, longest, limit, unknown)


def _seconds(size: int, rate: float | None) -> float | None:
    return size / rate if rate else None
