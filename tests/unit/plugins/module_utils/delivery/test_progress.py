# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.progress import (
    RelayProgress,
    Total,
    result_table,
)
from ansible_collections.distrain.cluster.plugins.module_utils.text.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def figures(items: int, done: int, seconds: float) -> dict[str, Any]:
    return {"items": items, "bytes": done, "seconds": seconds}


def test_a_line_every_few_seconds_about_the_host_that_has_least() -> None:
    clock, lines = Clock(), list[str]()
    totals = {"gpu-02": Total(4, 2_000_000_000), "gpu-03": Total(4, 2_000_000_000)}
    progress = RelayProgress(totals, "layers", lines.append, clock)
    progress.take("gpu-03", figures(1, 400_000_000, 9))
    clock.now = 7
    progress.take("gpu-02", figures(1, 500_000_000, 7))
    assert lines == []
    clock.now = 10
    progress.take("gpu-02", figures(2, 1_000_000_000, 10))
    least = "gpu-03: 1 of 4 layers, 400.00 MB of about 2.00 GB (20 %), 44.4 MB/s, about 36 s left"
    assert lines == [f"{least}; 1 more host received as much or more"]
    assert isinstance(lines[0], Progress)
    assert (lines[0].about, lines[0].percent) == ("layers", 20)
    clock.now = 17
    progress.take("gpu-02", figures(3, 1_500_000_000, 17))
    assert len(lines) == 1
    progress.leave("gpu-02")
    clock.now = 20
    progress.take("gpu-03", figures(4, 2_000_000_000, 20))
    assert lines[1:] == ["gpu-03: 4 of 4 layers, 2.00 GB of about 2.00 GB (100 %)"]
    for clock.now in (30, 40):
        progress.take("gpu-03", figures(4, 2_000_000_000, clock.now))
    assert lines[2:] == [f"{lines[1]}, for 10 s now", f"{lines[1]}, for 20 s now"]


def test_nobody_is_left_without_a_line() -> None:
    """Hosts that say nothing at all, as one whose engine or disk takes all of its time."""
    clock, lines = Clock(), list[str]()
    progress = RelayProgress({"gpu-02": Total(4, 2_000)}, "layers", lines.append, clock)
    last, longest = 0.0, 0.0
    for second in range(60):
        clock.now = second
        if second == 20:
            progress.take("gpu-02", figures(1, 500, 20))
        count = len(lines)
        progress.show_in_time()
        if len(lines) > count:
            longest, last = max(longest, second - last), second
    assert longest <= 10
    assert lines[0] == "waiting for what comes of the layers"
    assert lines[-1].startswith("gpu-02: 1 of 4 layers, ")


@pytest.mark.parametrize(
    ("total", "done", "seconds", "says"),
    [
        (0, 0, 0.0, "waiting for the first of 1 files, about 1 bytes in all"),
        (1_000, 3_000_000, 1.0, "0 of 1 files, 3.00 MB of about 3.00 MB (100 %)"),
    ],
)
def test_sizes_that_are_not_known(total: int, done: int, seconds: float, says: str) -> None:
    clock, lines = Clock(), list[str]()
    progress = RelayProgress({"gpu-02": Total(1, total)}, "files", lines.append, clock)
    clock.now = 10
    progress.take("gpu-02", figures(0, done, seconds))
    assert lines == [f"gpu-02: {says}"]


def test_the_result_is_a_table_of_the_hosts_that_something_came_to() -> None:
    limited = {"limited_by": "load of gpu-02"}
    came = {"layers_sent": 3, "bytes_sent": 30_000_000, "bytes_again": 0, "seconds": 1.5, "from_hosts": {"gpu-01": 1}}
    both = {**came, "from_hosts": {"gpu-02": 1, "gpu-01": 2}, "bytes_again": 1_000_000, "seconds": 0.0}
    results: dict[str, dict[str, Any]] = {
        "gpu-01": {"layers_sent": 0},
        "gpu-02": {**came, **limited},
        "gpu-03": both,
        "gpu-04": {"failed": True},
    }
    assert result_table(results, "layers") == [
        "host    layers  bytes     seconds  limited by      MB/s     from            again",
        "gpu-02  3       30.00 MB  1.5      load of gpu-02  20.0     gpu-01          0 bytes",
        "gpu-03  3       30.00 MB  0.0      unknown         30000.0  gpu-02, gpu-01  1.00 MB",
    ]
    assert result_table({"gpu-01": {"layers_sent": 0}}, "layers") == []
