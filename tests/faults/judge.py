# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a case to its entry: prepare, run, look, restore, prove."""

from __future__ import annotations

import re
import time

from tests.faults import job_judge, lab, whole
from tests.faults.case import Case, Entry
from tests.faults.job_case import JobCase
from tests.faults.play import Outcome, Play

# How long to look on where the case says that it should have healed by then, so that the figure is known.
PATIENCE = 180
SETTLE = 60


def judge(case: Case, times: int) -> Entry:
    started = time.monotonic()
    entry = Entry(case.name, case.what)
    before = whole.identity()
    try:
        if isinstance(case, JobCase):
            job_judge.judge_job(case, entry)
        elif case.ends == "healed":
            _judge_healing(case, entry, times if case.repeats else 1)
        else:
            _judge_words(case, entry)
            _judge_proof(case, entry)
    except lab.LabError as error:
        entry.holds = False
        entry.said += f" (the lab: {error})"
    restore(case)
    if isinstance(case, JobCase):
        job_judge.prove_the_end(case, entry)
    of_cluster = whole.lost(before, whole.identity())
    entry.lost = ", ".join(lost for lost in (entry.lost, of_cluster) if lost not in ("", "nothing")) or "nothing"
    entry.seconds = time.monotonic() - started
    return entry


def _judge_words(case: Case, entry: Entry) -> None:
    for step in case.prepare:
        step.do()
    assert case.run is not None
    outcome = case.run.run()
    entry.said = said(case, outcome)
    entry.seconds_to_say = outcome.seconds
    entry.is_false_success = case.ends == "refused" and not outcome.failed
    entry.holds = outcome.failed == (case.ends == "refused") and all(
        re.search(words, entry.said, re.IGNORECASE | re.DOTALL) for words in case.says
    )


def said(case: Case, outcome: Outcome) -> str:
    return outcome.shown if case.ends == "warned" and not outcome.failed else outcome.said


def _judge_healing(case: Case, entry: Entry, times: int) -> None:
    worst = 0.0
    healed = 0
    for _time in range(times):
        for step in case.prepare:
            step.do()
        outcome = case.run.run() if case.run else None
        if outcome:
            entry.said, entry.seconds_to_say = outcome.said, outcome.seconds
        whole.wait_for_engines()
        started = time.monotonic()
        left = whole.wait_until_whole(PATIENCE)
        seconds = time.monotonic() - started
        worst = max(worst, seconds)
        unproven = [] if left else _unproven(case)
        healed += not left and not unproven and seconds <= case.heals_within and not (outcome and outcome.failed)
        if unproven:
            entry.said += f" (not proven: {'; '.join(unproven)})"
        if left:
            entry.said = f"not healed after {PATIENCE} s: {'; '.join(left)}"
            break
    entry.seconds_to_heal = worst
    entry.holds = healed == times
    if times > 1:
        entry.what_was_done += f"; {healed} of {times} times everything was back"


def _judge_proof(case: Case, entry: Entry) -> None:
    unproven = _unproven(case)
    if unproven:
        entry.holds = False
        entry.said += f" (not proven: {'; '.join(unproven)})"


def _unproven(case: Case) -> list[str]:
    try:
        for step in case.proof:
            step.do()
    except lab.LabError as error:
        return [str(error)]
    return []


def restore(case: Case) -> None:
    """Undo the fault, and prove that the cluster is whole again; where it is not by itself, the product makes it so."""
    undone = []
    for step in case.restore:
        try:
            step.do()
        except lab.LabError as error:
            undone.append(str(error))
    if not whole.wait_until_whole(SETTLE / 2):
        return
    outcome = Play("swarm", {"swarm_leave_foreign": True, "swarm_network_recreate": True}).run()
    left = whole.wait_until_whole(SETTLE)
    if left:
        lab.on_all(lambda host: lab.run_on(host, "systemctl restart docker"))
        outcome = Play("swarm", {"swarm_leave_foreign": True, "swarm_network_recreate": True}).run()
        left = whole.wait_until_whole(SETTLE)
    if left:
        raise lab.LabError(
            f"The lab cannot be restored after {case.name}: {'; '.join([*undone, *left])}. {outcome.said}"
        )
