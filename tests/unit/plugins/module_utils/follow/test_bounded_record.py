# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is kept of a job stays below a bound, however long it runs, and the report reads it, whatever its size."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.bounded_lines import (
    BoundedLines,
    StoredLine,
    thinned,
)
from ansible_collections.distrain.cluster.plugins.module_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank
from ansible_collections.distrain.cluster.plugins.plugin_utils.report import files as report_files
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.files import read_lines

BOUND = 64 * 1024


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def watch(tmp_path: Path, looks: int, hosts: int = 2, failed_at: int = -1) -> Path:
    """A job that is looked at every 5 s; at one look a rank has another state."""
    path = tmp_path / "watch.jsonl"
    now = [1000.0]
    record = JobRecorder(str(path), str(tmp_path / "events.jsonl"), lambda: now[0], BOUND, BOUND)
    for number in range(looks):
        now[0] = 1000.0 + 5 * number
        state = "lost" if number == failed_at else "running"
        record.observation([Rank(f"gpu-{rank}", rank, state, progress={"step": number}) for rank in range(hosts)], 1.0)
        assert path.stat().st_size <= BOUND
    return path


def test_it_stays_below_its_bound_and_is_spread_evenly_over_the_whole_time(tmp_path: Path) -> None:
    path = watch(tmp_path, 5000, failed_at=2501)
    looks = lines_of(path)
    times = [(one["at"] - 1000) / 5 for one in looks]
    assert times == sorted(set(times)) and times[-1] == 4999
    assert times[:5] == [0, 1, 2, 3, 4], "the first looks stay"
    newest = times[-20:]
    assert newest == list(range(4980, 5000)), "the newest looks stay"
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert max(gaps) < 5000 / 8, "nothing between is left out as a whole"
    assert {one["ranks"][0]["state"] for one in looks} == {"running", "lost"}, "a look at another state stays"
    assert path.stat().st_mode & 0o777 == 0o600 and sorted(one.name for one in tmp_path.iterdir()) == ["watch.jsonl"]


def test_what_is_of_earlier_runs_goes_first(tmp_path: Path) -> None:
    events = [{"at": at, "kind": kind} for at, kind in ((10.0, "started"), (5000.0, "started"), (6000.0, "restarted"))]
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in events))
    looks = lines_of(watch(tmp_path, 2000))
    assert looks[0]["at"] == 4995.0


def test_a_line_that_was_cut_is_left_out_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "watch.jsonl"
    path.write_text('{"at": 1, "ranks"\nnull\n{"at": "x"}\n' + '{"at": 2.0, "n": 1}\n' * 20 + "\n")
    BoundedLines(str(path), 300, lambda entry: entry["n"]).append({"at": 3.0, "n": 2})
    assert lines_of(path)[-1] == {"at": 3.0, "n": 2} and path.stat().st_size <= 300


def test_a_file_that_somebody_else_writes_too_is_read_before_it_is_thinned(tmp_path: Path) -> None:
    path = tmp_path / "watch.jsonl"
    both = [BoundedLines(str(path), 2000, lambda _entry: "") for _writer in range(2)]
    for number in range(1000):
        both[number % 3 == 0].append({"at": float(number)})
        assert path.stat().st_size <= 2000
    times = [one["at"] for one in lines_of(path)]
    assert times == sorted(times) and times[0] == 0 and times[-1] == 999


def test_only_valid_json_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        BoundedLines(str(tmp_path / "x"), 300, str).append({"at": float("nan")})
    record = JobRecorder(str(tmp_path / "w"), None, lambda: 1000.0)
    progress = {"step": 3, "loss": None, "grad_norm": None, "not_finite": {"loss": "nan", "grad_norm": "inf"}}
    record.observation([Rank("a", 0, "running", progress=progress, usage={"gpu_percent": float("nan")})], float("nan"))
    rank = lines_of(tmp_path / "w")[0]["ranks"][0]
    assert (rank["loss"], rank["grad_norm"], rank["not_finite"]) == (None, None, ["loss", "grad_norm"])


def test_findings_are_thinned_and_starts_are_kept(tmp_path: Path) -> None:
    path, now = tmp_path / "events.jsonl", [0.0]
    record = JobRecorder(None, str(path), lambda: now[0], BOUND, BOUND)
    record.event("started", None, None, "It was started.")
    for number in range(3000):
        now[0] += 30
        record.event("finding", "gpu-01", 0, "It is unreachable.")
        if number % 500 == 0:
            record.event("restarted", None, None, "It was started again.")
        assert path.stat().st_size <= BOUND
    kinds = [one["kind"] for one in lines_of(path)]
    assert kinds.count("started") == 1 and kinds.count("restarted") == 6


@pytest.mark.parametrize("sizes", [[], [5], [500], [10] * 9, [1] * 500, [99, 99, 99], [1, 200, 1], [30] * 4])
def test_whatever_the_lines_the_bound_is_met(sizes: list[int]) -> None:
    lines = [StoredLine(0, size, float(number)) for number, size in enumerate(sizes)]
    kept = thinned(lines, 100)
    assert kept == sorted(kept, key=lambda one: one.at) and kept[-1:] == lines[-1:]
    assert sum(one.size for one in kept) <= max(100, sizes[-1] if sizes else 0)
    assert kept == thinned(kept, 100) or len(thinned(kept, 100)) <= len(kept)


def test_looks_at_one_moment_or_with_a_clock_that_goes_back_are_no_trouble() -> None:
    for times in ([7.0] * 300, [float(-number) for number in range(300)], [1e300, -1e300] * 150):
        kept = thinned([StoredLine(0, 1, at, number) for number, at in enumerate(times)], 100)
        assert 0 < len(kept) <= 100


def test_the_report_reads_a_file_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_files, "MOST_KEPT_BYTES", 1000)
    path = tmp_path / "watch.jsonl"
    path.write_text("".join(f'{{"at": {number}}}\n' for number in range(1000)) + "no JSON\n" + '{"at": 1001}\n')
    found = read_lines(tmp_path, "watch.jsonl")
    times = [one["at"] for one in found.content]
    assert times[0] == 0 and times[-1] == 1001 and 30 < len(times) < 100
    assert found.problem.startswith("has 1002 lines, of which one in ")
    path.write_bytes(b'{"at": 1}\n\n{"at": 2, "text": "\xff"}\n' + b"[" * 100_000)
    found = read_lines(tmp_path, "watch.jsonl")
    assert [one["at"] for one in found.content] == [1, 2]
    assert found.problem == "has 1 of 3 lines that are no JSON object; they are left out"
