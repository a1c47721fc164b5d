# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The line of an output that says why a program ended."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.error_line import error_line

TRACEBACK = "Traceback (most recent call last):"
CLOSED = "Connection closed by peer"
REPORT = "E1123 torch/distributed/elastic/multiprocessing/api.py:1] failed (exitcode: 1) local_rank: 0 (pid: 7)"


def trace(line: str, place: str = "  x") -> list[str]:
    return [TRACEBACK, place, line]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], ""),
        (["a", "b"], "b"),
        ([TRACEBACK, '  File "x.py", line 1, in f', "    f()", "ValueError: no", "bye"], "ValueError: no"),
        (["[rank1]: " + TRACEBACK, "other", "[rank1]:   File", "[rank1]: KeyError: 'a'", REPORT], "KeyError: 'a'"),
        ([*trace("OSError: a"), "", "The above exception was the direct cause of:", *trace("E: b")], "E: b"),
        ([*trace("ValueError: a"), *trace(f"RuntimeError: {CLOSED}", "  y")], "ValueError: a"),
        ([*trace(f"RuntimeError: {CLOSED}", "  y"), "done"], f"RuntimeError: {CLOSED}"),
        (["terminate called after throwing", "  what():  out of luck", "#0 frame"], "out of luck"),
        (["fine", "sh: 1: torchrun: not found"], "sh: 1: torchrun: not found"),
        (["ValueError: no such data set", REPORT, *trace("ChildFailedError: y")], "ValueError: no such data set"),
        (["x" * 400], "x" * 297 + "..."),
        (
            ["RuntimeError: NCCL error in: x.cpp", "ncclSystemError: y", "Last error:", "no space in /dev/shm"],
            "no space in /dev/shm (RuntimeError: NCCL error in: x.cpp)",
        ),
        (["RuntimeError: NCCL error in: x.cpp", "Last error:", ""], "RuntimeError: NCCL error in: x.cpp"),
    ],
)
def test_the_line_that_explains_the_end(lines: list[str], said: str) -> None:
    assert error_line(lines) == said
