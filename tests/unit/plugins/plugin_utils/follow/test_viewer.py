# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job as a controller shows it by its keeper, and what it keeps of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.viewer import Copies, Viewer

RECORD = {"name": "sft", "hosts": [{"host": "gpu-01"}], "outcome": "running"}
STARTED = {"at": 1.0, "kind": "started", "host": None, "rank": None, "text": "Job sft was started on 1 hosts."}


def seen(at: float) -> dict[str, Any]:
    return {"at": at, "ranks": [{"host": "gpu-01", "state": "running"}]}


def found(phase: str, **more: Any) -> dict[str, Any]:
    state = {"phase": phase, "outcome": {"outcome": "succeeded"} if phase == "over" else {}}
    empty: dict[str, Any] = {name: [] for name in ("events", "observations", "screen")}
    known = {"record": {}, "progress": {}, "stacks": "", "marks": {"seen": phase}, "active": True, "host": "gpu-01"}
    return {"state": state, **empty, **known, **more}


class Stage:
    """Answers one view after the other; an exception is raised."""

    def __init__(self, *views: Any, directory: Path | None = None) -> None:
        self.views = list(views)
        self.asked: list[Mapping[str, str]] = []
        self.shown: list[str] = []
        self.warned: list[str] = []
        self.progress: list[Any] = []
        self.now = 0.0
        self.viewer = Viewer(
            job_name="sft",
            ask=self.ask,
            copies=Copies(directory, self.warned.append) if directory else None,
            show=self.shown.append,
            warn=self.warned.append,
            progress=lambda text, percent: self.progress.append((text, percent)),
            clock=lambda: self.now,
            sleep=self.sleep,
            lost=60,
        )

    def ask(self, marks: Mapping[str, str], _wait: float) -> Any:
        self.asked.append(marks)
        self.now += 1
        view = self.views.pop(0) if len(self.views) > 1 else self.views[0]
        if isinstance(view, ClusterError):
            raise view
        return view

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_shows_what_is_new_until_the_job_is_over() -> None:
    warning = {"at": 2.0, "kind": "warning", "text": "it is slow"}
    again = {"at": 3.0, "kind": "line", "text": "It is started again (1 of 2)."}
    moving = {"at": 5.0, "text": "sft step 1/2", "percent": 50.0}
    stage = Stage(
        found("beginning"),
        found("following", screen=[warning, again], progress=moving),
        found("following", progress=moving),
        found("over"),
    )
    assert stage.viewer.follow(to_the_end=True)["outcome"] == {"outcome": "succeeded"}
    assert (stage.warned, stage.shown) == (["it is slow"], ["It is started again (1 of 2)."])
    assert stage.progress == [("sft step 1/2", 50.0)]
    assert stage.asked == [{}, {"seen": "beginning"}, {"seen": "following"}, {"seen": "following"}]


def test_it_need_not_wait_for_the_end() -> None:
    assert Stage(found("beginning"), found("following")).viewer.follow(to_the_end=False)["phase"] == "following"


def test_of_what_was_said_before_only_the_last_is_shown() -> None:
    lines = [{"at": number + 1.0, "kind": "line", "text": str(number)} for number in range(50)]
    stage = Stage(found("following", screen=lines), found("over"))
    stage.viewer.follow(to_the_end=True)
    assert stage.shown == [str(number) for number in range(30, 50)]


def test_of_a_job_that_is_over_its_outcome_says_enough() -> None:
    stage = Stage(found("over", screen=[{"at": 2.0, "kind": "warning", "text": "it is slow"}]))
    stage.viewer.follow(to_the_end=True)
    assert stage.warned == []


def test_a_keeper_that_does_not_answer_is_waited_for_and_told_of_once() -> None:
    gone = ClusterError("Host gpu-01 cannot be reached.")
    stage = Stage(found("following"), gone, gone, gone, found("over"))
    stage.viewer.follow(to_the_end=True)
    assert len(stage.warned) == 1 and "The job goes on meanwhile" in stage.warned[0]


def test_a_keeper_that_never_answers_leaves_the_job_as_it_is() -> None:
    stage = Stage(found("following"), ClusterError("no route"))
    with pytest.raises(ClusterError, match="does not answer: no route The job was left as it is"):
        stage.viewer.follow(to_the_end=True)
    assert stage.now > 60
    with pytest.raises(ClusterError, match="does not answer"):
        Stage(ClusterError("no keeper on gpu-01 knows the job.")).viewer.follow(to_the_end=True)


def test_a_service_that_does_not_run_keeps_nothing() -> None:
    with pytest.raises(ClusterError, match=r"distrain-keeper.service on host gpu-01 does not run"):
        Stage(found("following", active=False)).viewer.follow(to_the_end=True)


def test_what_the_keeper_has_recorded_is_kept_once(tmp_path: Path) -> None:
    first = found("following", record=RECORD, events=[STARTED], observations=[seen(2.0)], stacks="rank 1 waits")
    for _run in range(2):
        Stage(first, found("over", observations=[seen(2.0), seen(7.0)]), directory=tmp_path).viewer.follow(True)
    assert json.loads((tmp_path / "job.json").read_text()) == RECORD
    assert [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()] == [STARTED]
    observed = [json.loads(line)["at"] for line in (tmp_path / "watch.jsonl").read_text().splitlines()]
    assert observed == [2.0, 7.0]
    assert (tmp_path / "stacks.txt").read_text() == "rank 1 waits"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_damaged_record_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{")
    stage = Stage(found("over", record=RECORD), directory=tmp_path)
    stage.viewer.follow(to_the_end=True)
    assert (tmp_path / "job.json.corrupt").is_file() and "is put aside" in stage.warned[0]
    assert json.loads((tmp_path / "job.json").read_text()) == RECORD
