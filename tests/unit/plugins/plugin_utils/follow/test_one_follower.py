# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job has one follower at a time, which ends with the ansible-playbook that started it, and survives a full disk."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.follow.bounded_lines import BoundedLines
from ansible_collections.distrain.cluster.plugins.module_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.parent_process import ParentGone, ParentProcess
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.lock import one_follower
from ansible_collections.distrain.cluster.tests.unit.support.job_stage import Stage, rank
from ansible_collections.distrain.cluster.tests.unit.support.paths import COLLECTIONS
from ansible_collections.distrain.cluster.tests.unit.support.waiting import is_alive, wait_until

# A parent that forks a worker, as ansible-playbook does; the worker says its process ID and works for ever.
PROGRAM = textwrap.dedent("""
    import multiprocessing, sys, time
    sys.path.insert(0, sys.argv[3])
    from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.lock import one_follower
    from ansible_collections.distrain.cluster.plugins.plugin_utils.control.parent_process import (
        ParentGone,
        ParentProcess,
    )

    def work():
        parent = ParentProcess()
        {bind}
        with one_follower(sys.argv[1], "sft", parent.pid, print):
            print(multiprocessing.current_process().pid, flush=True)
            try:
                while True:
                    parent.guarded(time.sleep)(0.1)
                    open(sys.argv[2], "a").write("x")
            except ParentGone:
                pass

    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
""")


@pytest.mark.parametrize("bind", ["parent.end_with_it()", "pass"], ids=["by the kernel", "by its own check"])
def test_a_worker_whose_parent_is_killed_ends_writes_nothing_more_and_gives_the_lock_up(
    bind: str, tmp_path: Path
) -> None:
    lock, written = tmp_path / "results/follow.lock", tmp_path / "written"
    command = [sys.executable, "-c", PROGRAM.format(bind=bind), str(lock), str(written), str(COLLECTIONS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        wait_until(written.exists)
        said = rf"followed by process {parent.pid} on host \S+ since 20\d\d-.* already, which holds {lock}"
        with pytest.raises(PlanError, match=said), one_follower(str(lock), "sft", 1, print):
            pass
        parent.kill()
    try:
        wait_until(lambda: not is_alive(worker), 2)
    finally:
        if is_alive(worker):
            os.kill(worker, signal.SIGKILL)
    seen = written.stat().st_size
    with one_follower(str(lock), "sft", 77, print):
        assert json.loads(lock.read_text())["pid"] == 77
    assert written.stat().st_size == seen
    assert lock.stat().st_mode & 0o777 == 0o600


def test_a_lock_is_free_again_after_its_holder(tmp_path: Path) -> None:
    path = str(tmp_path / "follow.lock")
    for pid in (1, 2):
        with one_follower(path, "sft", pid, print):
            pass
    with one_follower(None, "sft", 1, print), one_follower(None, "sft", 2, print):
        pass


def test_the_holder_of_the_lock_may_be_unknown(tmp_path: Path) -> None:
    path = tmp_path / "follow.lock"
    with one_follower(str(path), "sft", 1, print):
        path.write_text("[half a line")
        with (
            pytest.raises(PlanError, match="followed by another process already"),
            one_follower(str(path), "x", 2, print),
        ):
            pass


@pytest.mark.parametrize("lays", ["link", "file"])
def test_where_nothing_can_be_locked_the_job_is_followed_with_a_warning(lays: str, tmp_path: Path) -> None:
    path = tmp_path / "results" / "follow.lock"
    if lays == "file":
        path.parent.write_text("no directory")
    else:
        path.parent.mkdir()
        path.symlink_to(tmp_path / "elsewhere")
    warned: list[str] = []
    with one_follower(str(path), "sft", 1, warned.append):
        assert len(warned) == 1 and "cannot be locked" in warned[0]
    assert not (tmp_path / "elsewhere").exists()


def test_a_process_that_nobody_forked_is_not_bound_to_its_parent() -> None:
    assert multiprocessing.parent_process() is None
    parent = ParentProcess()
    parent.end_with_it()
    assert parent.pid == os.getppid()


def test_a_follower_whose_parent_has_ended_writes_nothing_any_more(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    stage = Stage([rank(0)], [rank(0, "succeeded")])
    parent = ParentProcess()
    follower = stage.follower(events)
    follower.observe, follower.sleep = parent.guarded(stage.observe), parent.guarded(stage.sleep)

    def end_parent(seconds: float) -> None:
        parent.pid = -1

    stage.sleep = end_parent  # type: ignore[method-assign]
    follower.sleep = parent.guarded(stage.sleep)
    with pytest.raises(ParentGone):
        follower.follow()
    assert [json.loads(line)["kind"] for line in events.read_text().splitlines()] == ["phase"]


def test_a_full_disk_does_not_end_the_following_and_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(lines: BoundedLines, entry: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(lines._path))

    monkeypatch.setattr(BoundedLines, "append", full)
    stage = Stage([rank(0)], [rank(0, silent_seconds=400)], [rank(0, "succeeded")])
    follower = stage.follower(tmp_path / "events.jsonl")
    follower.recorder = JobRecorder("watch.jsonl", "events.jsonl", clock=lambda: stage.now, warn=stage.warned.append)
    follower.recorder.began(1.0, 1, "sft", 0)
    assert [one.state for one in follower.follow()] == ["succeeded"]
    said = [text for text in stage.warned if "No space left on device" in text]
    assert len(said) == 1 and "events.jsonl" in said[0]


def test_an_end_is_written_once_after_each_start(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    for started, ends in ((5.0, 2), (5.0, 1), (9.0, 3)):
        record = JobRecorder(None, str(events))
        record.began(started, 1, "sft", 0)
        for _time in range(ends):
            record.event("ended", None, None, "Job sft has succeeded.")
            record.event("finding", "gpu-01", 0, "afterwards")
    kinds = [json.loads(line)["kind"] for line in events.read_text().splitlines()]
    assert [kind for kind in kinds if kind != "finding"] == ["started", "ended", "started", "ended"]
