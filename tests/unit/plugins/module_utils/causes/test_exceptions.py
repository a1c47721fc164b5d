# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exceptions in a rank's output, the lines that belong to them, and their chains."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.exceptions import raised, split_prefix

TRACEBACK = "Traceback (most recent call last):"
STEP = "{'loss': 1.0, 'epoch': 0.1}"


def raised_by(*lines: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [(one.text, one.details, one.process) for one in raised(lines)]


def test_what_stands_behind_last_error_belongs_to_the_exception() -> None:
    prefix = "[rank0]: "
    lines = [
        TRACEBACK,
        "  x",
        "torch.distributed.DistBackendError: NCCL error",
        "ncclSystemError: y",
        "Last error:",
        "z",
    ]
    assert raised_by(*(prefix + line for line in lines)) == [
        ("torch.distributed.DistBackendError: NCCL error", ("ncclSystemError: y", "Last error:", "z"), "0")
    ]


@pytest.mark.parametrize(
    "end",
    [
        "frame #0: c10",
        "Exception raised from x",
        " 10%|#",
        "{'loss': 1.0}",
        "[W1201 10:00:00.1 x",
        "2025-12-01 10:00:00 x",
    ],
)
def test_what_cannot_belong_ends_the_message(end: str) -> None:
    assert raised_by("ValueError: a", "b", end, "c")[0] == ("ValueError: a", ("b",), "")


def test_chains() -> None:
    link = "During handling of the above exception, another exception occurred:"
    chained = raised([TRACEBACK, "  x", "A: a", "", link, "", TRACEBACK, "  x", "B: b", TRACEBACK, "  y", "C: c"])
    assert [one.text for one in chained] == ["A: a", "B: b", "C: c"]
    assert chained[0].chain == chained[1].chain != chained[2].chain
    worker = raised([TRACEBACK, "  x", "KeyError: Caught KeyError", f"Original {TRACEBACK}", "  y", "KeyError: 'a'"])
    assert [one.text for one in worker] == ["KeyError: Caught KeyError", "KeyError: 'a'"]
    assert worker[0].chain == worker[1].chain


def test_processes_that_print_into_each_other_are_kept_apart() -> None:
    lines = [
        f"[rank0]: {TRACEBACK}",
        f"[rank1]: {TRACEBACK}",
        "[rank0]:   x",
        "[rank1]: KeyError: 'a'",
        "[rank0]: E: b",
    ]
    assert raised_by(*lines) == [("KeyError: 'a'", (), "1"), ("E: b", (), "0")]


def test_what_a_rank_has_survived_does_not_count() -> None:
    early = [TRACEBACK, "  x", "ModuleNotFoundError: No module named 'apex'"]
    assert raised_by(*early, STEP, STEP) == []
    assert len(raised_by(*early, STEP)) == 1, "one step may be printed late by another process"


@pytest.mark.parametrize(
    ("line", "process", "text"),
    [
        ("[rank12]:   File", "12", "  File"),
        ("[default0]:[rank12]:[E817 x", "12", "[E817 x"),
        ("(ray_train pid=77) a", "77", "a"),
        ("stderr:   File", "", "  File"),
        ("2025-10-31 03:11:02,478 - Tuner - INFO - [rank0]: KeyError: 'a'", "0", "KeyError: 'a'"),
        ("2025-10-31 03:11:02,478   File", "", "  File"),
        ("2025-10-31 03:11:02", "", "2025-10-31 03:11:02"),
        ("RuntimeError: x", "", "RuntimeError: x"),
    ],
)
def test_what_stands_before_a_line(line: str, process: str, text: str) -> None:
    assert split_prefix(line) == (process, text)
