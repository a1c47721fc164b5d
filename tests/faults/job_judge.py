# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a case of a job to its entry: break it at the right step, and see what was said, lost and left."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.faults import job_traces, lab
from tests.faults.case import Blamed, Entry
from tests.faults.job_case import JobCase
from tests.faults.play import Outcome

# A rank that was out of reach finds out by itself that the others are gone.
LATER = 30
_FAILED = re.compile(r"has failed: (\w+)\.$")
TOLD_AT_THE_END = ("refused", "stopped")


def judge_job(case: JobCase, entry: Entry) -> None:
    """All but what is to be seen once the fault is undone."""
    job_traces.forget(case.name)
    for step in case.prepare:
        step.do()
    assert case.run is not None
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(case.run.run)
        struck = _strike(case, running)
        outcome = running.result()
    events = job_traces.events(case.name)
    findings = [event for event in events if event["kind"] == "finding"]
    entry.said = _said(outcome, findings)
    began = struck or job_traces.fault_moment(case.name) or _at(events, "started")
    _take_times(case, entry, outcome, events, began)
    entry.expected, entry.blamed = case.blames, blamed(events)
    entry.is_false_success = case.ends == "failed" and not outcome.failed
    lost, of = _lost_steps(case)
    entry.lost = f"{lost} of {of} steps" if lost else "nothing"
    restarts = sum(event["kind"] == "restarted" for event in events)
    reached = [host for host in lab.HOSTS if host != case.away]
    problems = [
        *_wrong_end(case, outcome),
        *_wrong_words(case, entry),
        *_wrong_blame(entry),
        *_left_running(case, job_traces.processes(reached)),
        *([f"{lost} steps were lost"] if lost > case.loses else []),
        *([f"it was started again {restarts} times"] if restarts != case.restarts else []),
    ]
    entry.holds = not problems
    _add(entry, problems)


def prove_the_end(case: JobCase, entry: Entry) -> None:
    """With all hosts back: no rank is left running anywhere, and nobody calls the job a success that was none."""
    left = job_traces.wait_until_none_runs(LATER if case.away else 0)
    job_traces.kill(left)
    problems = [f"{host} still runs {', '.join(pids)}" for host, pids in left.items()]
    if case.ends != "succeeded" and job_traces.record(case.name).get("outcome") == "succeeded":
        problems.append("job.json says that it has succeeded")
        entry.is_false_success = True
    entry.holds = entry.holds and not problems
    _add(entry, problems)


def _strike(case: JobCase, running: Future[Outcome]) -> float | None:
    """Do what is to happen to the job once it is under way; when that was, or None where it never got there."""
    if not case.fault:
        return None
    while not running.done():
        made = job_traces.steps(case.name)
        if made and made[-1] >= case.at_step:
            began = time.time()
            for step in case.fault:
                step.do()
            return began
        time.sleep(0.3)
    return None


def _said(outcome: Outcome, findings: Sequence[Mapping[str, Any]]) -> str:
    """The error, what the run reported of the job before, and where it succeeded what it showed."""
    end = " ".join((outcome.said if outcome.failed else outcome.shown).split())
    messages = [text for finding in findings if (text := " ".join(finding["text"].split())) not in end]
    return "\n".join([*dict.fromkeys(messages), end]).strip()


def _take_times(
    case: JobCase, entry: Entry, outcome: Outcome, events: Sequence[Mapping[str, Any]], began: float | None
) -> None:
    entry.seconds_to_say = outcome.seconds
    if case.ends in TOLD_AT_THE_END or began is None:
        return
    named = _at(events, "finding", began)
    again = _at(events, "restarted", began)
    entry.seconds_to_say = named - began if named else None
    entry.seconds_to_heal = again - began if again else None


def _at(events: Sequence[Mapping[str, Any]], kind: str, after: float = 0) -> float | None:
    return next((event["at"] for event in events if event["kind"] == kind and event["at"] >= after), None)


def blamed(events: Sequence[Mapping[str, Any]]) -> Blamed | None:
    """Return whom the end of the first attempt was blamed on, or None where none has failed."""
    for event in events:
        failed = _FAILED.search(event["text"]) if event["kind"] == "ended" else None
        if failed:
            return Blamed(event["host"] or "", event["rank"], failed[1])
    return None


def _wrong_blame(entry: Entry) -> list[str]:
    if not entry.is_wrongly_blamed:
        return []
    named = f"{entry.blamed.kind} of rank {entry.blamed.rank} on {entry.blamed.host}" if entry.blamed else "nobody"
    return [f"blamed was {named}"]


def _lost_steps(case: JobCase) -> tuple[int, int]:
    """Of all steps that were made: those made twice, and behind the newest checkpoint of a job that did not finish."""
    made = job_traces.steps(case.name)
    twice = len(made) - len(set(made))
    unsaved = made[-1] - job_traces.newest_checkpoint(case.name) if made and case.ends != "succeeded" else 0
    return twice + unsaved, len(made)


def _wrong_end(case: JobCase, outcome: Outcome) -> list[str]:
    should_fail = case.ends in ("refused", "failed")
    wanted = {"refused": ("", "running")[case.runs_on]}.get(case.ends, case.ends)
    found = job_traces.record(case.name).get("outcome", "")
    problems = [] if outcome.failed == should_fail else [f"the run {'failed' if outcome.failed else 'did not fail'}"]
    if case.ends == "succeeded":
        problems += [] if job_traces.steps(case.name) else ["it made no step"]
    return problems + ([] if found == wanted else [f"job.json says {found or 'nothing'}, not {wanted or 'nothing'}"])


def _wrong_words(case: JobCase, entry: Entry) -> list[str]:
    problems = [
        f"not said: {words}" for words in case.says if not re.search(words, entry.said, re.IGNORECASE | re.DOTALL)
    ]
    problems += [f"said: {words}" for words in case.says_not if re.search(words, entry.said, re.IGNORECASE | re.DOTALL)]
    if case.ends in TOLD_AT_THE_END or not case.says:
        return problems
    if entry.seconds_to_say is None:
        return [*problems, "no finding was written down"]
    late = entry.seconds_to_say > case.named_within
    return [*problems, *([f"not named within {case.named_within:g} s"] if late else [])]


def _left_running(case: JobCase, left: Mapping[str, Sequence[str]]) -> list[str]:
    if case.runs_on:
        return [f"{host} does not run it any more" for host in lab.HOSTS if host not in left]
    return [f"{host} still ran {', '.join(pids)} when the run had ended" for host, pids in left.items()]


def _add(entry: Entry, problems: Sequence[str]) -> None:
    if problems:
        entry.said += f" (not proven: {'; '.join(problems)})"
