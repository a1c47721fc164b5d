# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.shared_pass import Results, SharedPass

HOSTS = ["gpu-01", "gpu-02", "gpu-03"]


def worker(directory: Path, host: str, results: Any) -> None:
    """As a task of Ansible is: a process of its own for each host."""

    def work(hosts: list[str]) -> Results:
        with (directory / "works").open("a") as file:
            file.write(f"{','.join(hosts)}\n")
        time.sleep(0.2)
        return {one: {"by": host, "for": one} for one in hosts}

    results[host] = SharedPass(str(directory), "task").result_for(host, HOSTS, work)


def run_all(directory: Path, at_once: int) -> dict[str, dict[str, Any]]:
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        results = manager.dict()
        processes = [context.Process(target=worker, args=(directory, host, results)) for host in HOSTS]
        for first in range(0, len(processes), at_once):
            for process in processes[first : first + at_once]:
                process.start()
            for process in processes[first : first + at_once]:
                process.join()
        return dict(results)


@pytest.mark.parametrize("at_once", [3, 2, 1])
def test_one_of_them_works_for_all(tmp_path: Path, at_once: int) -> None:
    results = run_all(tmp_path, at_once)
    (works,) = (tmp_path / "works").read_text().splitlines()
    assert sorted(works.split(",")) == HOSTS
    assert {host: result["for"] for host, result in results.items()} == {host: host for host in HOSTS}
    assert len({result["by"] for result in results.values()}) == 1
    assert not list(tmp_path.glob("*.json")), "every result has been fetched"


def recorder(works: list[list[str]]) -> Callable[[list[str]], Results]:
    def work(hosts: list[str]) -> Results:
        works.append(hosts)
        return {host: {"number": len(works)} for host in hosts}

    return work


def test_a_retry_works_again_for_those_that_have_fetched_theirs(tmp_path: Path) -> None:
    works: list[list[str]] = []
    shared = SharedPass(str(tmp_path), "task")
    assert shared.result_for("gpu-01", HOSTS, recorder(works)) == {"number": 1}
    assert shared.result_for("gpu-02", HOSTS, recorder(works)) == {"number": 1}
    assert shared.result_for("gpu-01", HOSTS, recorder(works)) == {"number": 2}
    assert works == [HOSTS, ["gpu-01", "gpu-02"]]
    assert shared.result_for("gpu-03", HOSTS, recorder(works)) == {"number": 1}


def test_another_task_is_another_pass(tmp_path: Path) -> None:
    works: list[list[str]] = []
    for key in ("first", "second"):
        SharedPass(str(tmp_path), key).result_for("gpu-01", HOSTS, recorder(works))
    assert works == [HOSTS, HOSTS]


def test_work_that_raises_leaves_it_to_the_next(tmp_path: Path) -> None:
    def fail(_hosts: list[str]) -> Results:
        raise RuntimeError("no")

    shared = SharedPass(str(tmp_path), "task")
    with pytest.raises(RuntimeError):
        shared.result_for("gpu-01", HOSTS, fail)
    assert shared.result_for("gpu-02", HOSTS, recorder([])) == {"number": 1}
