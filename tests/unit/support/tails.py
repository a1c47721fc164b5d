# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The corpus of tails of ranks: how an entry is read, and what counts as right, none and wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.causes.diagnosis import Diagnosis, find_cause, notices
from ansible_collections.distrain.cluster.plugins.module_utils.causes.end_order import Clock
from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import JobContext
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

CORPUS = ROOT / "tests/unit/corpus"
HELD_OUT = ("held_out", "reported", "reported_again")
RIGHT, NONE, WRONG = "right", "none", "wrong"
NOTHING, UNKNOWN, ANY = "none", "unknown", "any"
# Kinds that say no more than that a rank ended: no wrong cause, and no right one where a better one is expected.
SAYS_NOTHING = (UNKNOWN, "exited")
# What was held out was written before the kinds had their names.
FAMILIES: Mapping[str, Sequence[str]] = {
    "host-memory": ["memory"],
    "program": ["exited", "no_compiler", "wrong_setting"],
    "gpu-memory": ["gpu_memory"],
    "gpu-fault": ["gpu_fault"],
    "gpu-setup": ["gpu_driver", "gpu_fabric", "gpu_architecture"],
    "crash": ["crashed"],
    "disk-full": ["disk_full"],
    "damaged-file": ["damaged_file"],
    "port": ["port_taken"],
    "interface": ["no_interface"],
    "connection": ["connection_lost"],
    "host-lost": ["container_restarted", "engine_restarted", "host_restarted"],
}
SETTING = JobContext("team/trainer:1", 29500, ["trainer-gpu-01", "trainer-gpu-02", "trainer-gpu-03"], "host", "16gb")
# By what an agent reports, each clock is known to some hundredths of a second.
USUAL_ERROR = 0.05
ALIASES = {"oom": "memory_kills", "exit": "exit_code"}
GONE = {
    "container restarted": {"container_restarted": True},
    "container removed": {"container_state": "absent"},
    "engine restarted": {"engine_restarted": True},
    "engine gone": {"engine_answers": False},
    "host restarted": {"host_restarted": True},
}


@dataclass(frozen=True)
class Tail:
    """One entry; ``family`` is the name of its file, and of what was held out its own word."""

    name: str
    family: str
    ranks: Sequence[Rank]
    expect: Mapping[str, Any]
    clocks: Mapping[str, Clock]
    is_held_out: bool = False
    setting: JobContext = field(default=SETTING)


def tails() -> list[Tail]:
    found = []
    for path in sorted(CORPUS.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            found.append(_tail(entry, path.stem))
    return found


def _tail(entry: Mapping[str, Any], stem: str) -> Tail:
    ranks = [_rank(number, one) for number, one in enumerate(entry["ranks"])]
    clocks = {one["host"]: Clock(*one.get("clock", (0.0, USUAL_ERROR))) for one in entry["ranks"]}
    setting = JobContext(**{**vars(SETTING), **entry.get("setting", {})})
    return Tail(entry["name"], entry.get("family", stem), ranks, entry["expect"], clocks, stem in HELD_OUT, setting)


def _rank(number: int, written: Mapping[str, Any]) -> Rank:
    given = {ALIASES.get(key, key): value for key, value in written.items() if key not in ("log", "state", "clock")}
    given["memory_kills"] = int(given.get("memory_kills", 0))
    code = given.get("exit_code")
    gone = GONE.get(written.get("state", ""))
    if gone:
        given |= gone
    default = "lost" if gone else "running" if code is None else "failed" if code else "succeeded"
    state = default if gone else written.get("state", default)
    lines = written.get("log", "").splitlines()
    return Rank(**{"rank": number, "state": state, "last_lines": lines, **given})


def finding_of(tail: Tail) -> Diagnosis | None:
    """What is said of the entry: of a job that goes on, the first word on it."""
    found = find_cause(tail.ranks, "sft", tail.setting, tail.clocks)
    said = notices(tail.ranks, "sft", tail.setting, 25, 300)
    return found or next(iter(said), None)


def judge(tail: Tail, found: Any) -> str:
    """Right, none or wrong. What names nothing is no wrong cause, where no other host is blamed and nothing retried."""
    wanted = tail.expect
    if found is None or wanted["kind"] == NOTHING:
        return RIGHT if found is None and wanted["kind"] == NOTHING else NONE if found is None else WRONG
    if wanted.get("host", ANY) not in (ANY, found.host):
        return WRONG
    kinds = FAMILIES.get(wanted["kind"], [wanted["kind"]])
    says = wanted.get("says", "") in found.text
    if "retry" in wanted and wanted["retry"] != found.retryable:
        return WRONG
    if found.kind in kinds:
        return RIGHT if says else NONE
    return NONE if found.kind in SAYS_NOTHING else WRONG


def figures(of: Sequence[Tail]) -> Counter[str]:
    return Counter({RIGHT: 0, NONE: 0, WRONG: 0}) + Counter(judge(tail, finding_of(tail)) for tail in of)
