# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the rows of the table, from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.images.options import RIVALS, SHAPES, Options
from tests.bench.images.samples import Found, Sample, by_round, ratio, select

MAIN = SHAPES[0]
MANY = "many"
_MANY_SHARE = 0.02


@dataclass(frozen=True)
class Row:
    """C(value) is None where no round counts. C(at_least) says which side of the goal is the good one."""

    row: str
    value: float | None
    goal: float
    at_least: bool
    how: str
    rounds: int = 0
    void_rounds: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)
    and_holds: bool = True

    @property
    def holds(self) -> bool:
        if self.value is None or not self.and_holds:
            return False
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        return {**{name: value for name, value in asdict(self).items() if name != "and_holds"}, "holds": self.holds}


def rows(samples: Sequence[Sample], options: Options) -> list[Row]:
    return [
        _spread(samples, options),
        _wire(samples, options),
        *(_rival(samples, options, *one) for one in zip(RIVALS, _RIVAL_WORDS, _RIVAL_GOALS, strict=True)),
        _uncapped(samples),
        _changed(samples, options),
        _cut(samples),
        _encrypted(samples),
        _temporary(samples, options),
        _killed(samples, options),
    ]


_RIVAL_WORDS = (
    "the recipe (save, rsync to each, load) / ours",
    "save | zstd | ssh | load to all at once / ours",
    "push to a registry and pull on all / ours",
)
_RIVAL_GOALS = (4.0, 3.0, 2.0)
_TASK = "ours is the whole task of Ansible, from its start on the first host to its end on the last"


def _worst_of(found: Mapping[str, Found], name: str, goal: float, how: str) -> Row:
    """Of the medians over the rounds, the highest."""
    medians = {key: one.median for key, one in found.items() if one.median is not None}
    value = max(medians.values()) if len(medians) == len(found) else None
    rounds = min(len(one.values) for one in found.values())
    more = {key: list(one.values) for key, one in found.items()}
    return Row(name, value, goal, False, how, rounds, max(one.void_rounds for one in found.values()), more)


def _spread(samples: Sequence[Sample], options: Options) -> Row:
    found = {
        shape: by_round(ratio, select(samples, "ours", shape, options.receivers), select(samples, "ours", shape, 1))
        for shape in SHAPES
    }
    how = f"{_TASK}; median over the rounds, the worst of the shapes of image"
    return _worst_of(found, f"time for {options.receivers} hosts / time for 1, full image", 1.25, how)


def _wire(samples: Sequence[Sample], options: Options) -> Row:
    def share(one: Sample) -> float:
        return one.figures["wire"] / (one.figures["bytes"] / one.figures["rate"])

    found = {shape: by_round(share, select(samples, "ours", shape, options.receivers)) for shape in SHAPES}
    how = (
        "counters of the interfaces, every 0.1 s: from the first that carries a quarter of the rate to the last that "
        "does; headers of TCP and Ethernet count against it; median over the rounds, the worst of the shapes"
    )
    return _worst_of(found, f"wire time for {options.receivers} hosts / (bytes / rate)", 1.15, how)


def _rival(samples: Sequence[Sample], options: Options, way: str, words: str, goal: float) -> Row:
    found = {
        count: by_round(ratio, select(samples, way, MAIN, count), select(samples, "ours", MAIN, count))
        for count in options.counts
    }
    most = found[options.receivers]
    how = f"the rival's commands on the host that sends; {_TASK}; the image of few large layers; median over the rounds"
    more = {f"{count} hosts": list(one.values) for count, one in found.items()}
    name = f"{words}, {options.receivers} hosts, full image"
    return Row(name, most.median, goal, True, how, len(most.values), most.void_rounds, more)


def _uncapped(samples: Sequence[Sample]) -> Row:
    columns = [select(samples, f"{way}, no cap", "large", 1) for way in ("ours", *RIVALS)]
    found = by_round(lambda ours, *rivals: min(one.seconds for one in rivals) / ours.seconds, *columns)
    more = {
        way: [round(one.seconds, 2) for one in column.values()]
        for way, column in zip(("ours", *RIVALS), columns, strict=True)
    }
    how = f"the rivals' commands; {_TASK}; median over the rounds; the limit of the CPU does not apply without a cap"
    return Row("one host, no cap: best rival / ours", found.median, 1.0, True, how, len(found.values), 0, more)


def _changed(samples: Sequence[Sample], options: Options) -> Row:
    column = select(samples, "changed", MAIN, options.receivers)
    found = by_round(lambda one: one.figures["sent"], column)
    more = {"interfaces": [round(one.figures["interfaces"], 3) for one in column.values()]}
    how = (
        "bytes_sent of the host with the most / bytes of the layer in the archive of docker save; the worst round; "
        "interfaces: the same by the interfaces' counters, with all headers, SSH and the agent's program"
    )
    name = "bytes sent for a changed top layer / bytes of that layer, per host"
    return Row(name, found.worst, 1.02, False, how, len(found.values), found.void_rounds, more)


def _cut(samples: Sequence[Sample]) -> Row:
    found = {shape: by_round(lambda one: one.figures["layers"], select(samples, "cut", shape, 1)) for shape in _CUT}
    many = by_round(lambda one: one.figures["share"], select(samples, "cut", MANY, 1))
    worst = [one.worst for one in found.values()]
    value = max((one for one in worst if one is not None), default=None) if None not in worst else None
    more = {
        **{f"{shape}, of a layer": list(one.values) for shape, one in found.items()},
        "many, of the image (goal: at most 0.02)": list(many.values),
    }
    how = (
        "Ctrl-C when the host's interface has carried half of the image, then the same task again: by its counter, "
        "what both runs carried beyond one full run, without what a run carries besides layers; in layers; the worst"
    )
    rounds, void = min(len(one.values) for one in found.values()), max(one.void_rounds for one in found.values())
    fits = many.worst is not None and many.worst <= _MANY_SHARE
    return Row("bytes resent after a cut at half / one layer", value, 1.0, False, how, rounds, void, more, fits)


_CUT = (MAIN, MANY)


def _encrypted(samples: Sequence[Sample]) -> Row:
    def column(name: str) -> dict[int, Sample]:
        return select(samples, name, "stream", 1)

    found = by_round(ratio, column("encrypted"), column("plain"))
    free = by_round(ratio, column("encrypted, no cap"), column("plain, no cap"))
    names = ("encrypted", "plain", "encrypted, no cap", "plain, no cap")
    more: dict[str, Any] = {name: [round(one.seconds, 2) for one in column(name).values()] for name in names}
    more["ratio, no cap"] = [round(one, 3) for one in free.values]
    how = (
        "the relay's server and client classes between two hosts, TLS 1.3 or no TLS, digests checked, nothing loaded; "
        "median over the rounds; without a cap, where this machine's processor carries both, it is stated beside it"
    )
    return Row("encrypted / plain time", found.median, 1.05, False, how, len(found.values), found.void_rounds, more)


def _temporary(samples: Sequence[Sample], options: Options) -> Row:
    found = {
        shape: by_round(lambda one: one.figures["temporary"], select(samples, "ours", shape, options.receivers))
        for shape in SHAPES
    }
    how = (
        "blocks of all files in the engine's tmp, /tmp, /var/tmp and /var/lib/distrain, every 0.1 s, on the receiver "
        "with the most / largest layer; median over the rounds, the worst of the shapes"
    )
    return _worst_of(found, "temporary disk on a receiver / largest layer", 1.1, how)


def _killed(samples: Sequence[Sample], options: Options) -> Row:
    columns = (
        select(samples, "killed", MAIN, options.receivers),
        select(samples, "ours", MAIN, options.receivers),
    )
    found = by_round(lambda killed, ours: killed.figures["slowest"] / ours.figures["slowest"], *columns)
    more = {"whole task, killed / undisturbed": list(by_round(ratio, *columns).values)}
    how = (
        "the middle host of the chain is killed when it has carried half of the image: seconds of the slowest of "
        "the others / of the slowest of all in the undisturbed run of the round; median over the rounds"
    )
    name = f"one host of {options.receivers} killed mid-way: time of the others / undisturbed"
    return Row(name, found.median, 1.3, False, how, len(found.values), found.void_rounds, more)
