# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: how far the clock of each host is off from that of most hosts, from differences between pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median_low

Difference = tuple[str, str, float]


def clocks_off(differences: Iterable[Difference]) -> dict[str, tuple[float, str]]:
    """By host the seconds it is ahead of the median clock, and the host that has that clock.

    A difference is (source, target, seconds that the target is ahead). Hosts that no measurement connects with each
    other are judged apart.
    """
    ahead: dict[str, dict[str, float]] = {}
    for source, target, seconds in differences:
        ahead.setdefault(source, {})[target] = seconds
        ahead.setdefault(target, {}).setdefault(source, -seconds)
    found: dict[str, tuple[float, str]] = {}
    for host in ahead:
        if host not in found:
            found.update(_judge(_offsets_from(host, ahead)))
    return found


def _offsets_from(host: str, ahead: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    offsets = {host: 0.0}
    waiting = [host]
    while waiting:
        one = waiting.pop(0)
        for other, seconds in ahead[one].items():
            if other not in offsets:
                offsets[other] = offsets[one] + seconds
                waiting.append(other)
    return offsets


def _judge(offsets: Mapping[str, float]) -> dict[str, tuple[float, str]]:
    middle = median_low(offsets.values())
    reference = next(host for host, seconds in offsets.items() if seconds == middle)
    return {host: (seconds - middle, reference) for host, seconds in offsets.items()}
