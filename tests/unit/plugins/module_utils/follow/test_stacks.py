# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rank does something else than the others."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.follow.stacks import Stack, main_frames, stack_sentence

WAITS = """Process 7: python train.py
Thread 7 (active): "MainThread"
    all_reduce (torch/distributed/distributed_c10d.py:2501)
    wrapper (torch/distributed/c10d_logger.py:83)
    step (train.py:40)
Thread 9 (idle): "Thread-1"
    wait (threading.py:300)
"""
LOADS = """Thread 7 (idle): "MainThread"
    read (data.py:12)
    next_batch (train.py:31)
"""


@pytest.mark.parametrize(
    ("stacks", "said"),
    [
        ([], ""),
        (
            [Stack("gpu-01", 0, 7, "S", "", WAITS), Stack("gpu-02", 1, 7, "S", "", LOADS)],
            "The process of rank 1 on host gpu-02 is in read (data.py:12); the others (of rank 0) are in the same "
            "place: one waits for the other ranks in all_reduce (called at train.py:40).",
        ),
        (
            [Stack("gpu-01", 0, 7, "S", "ep_poll"), Stack("gpu-02", 1, 7, "T", "do_signal_stop")],
            "The process of rank 1 on host gpu-02 is stopped by a signal; the others (of rank 0) are in the same "
            "place: one sleeps in the kernel (ep_poll). With py-spy in the image there would be stacks.",
        ),
        (
            [Stack("gpu-02", 1, 7, "S", "", WAITS), Stack("gpu-01", 0, 7, "S", "", WAITS)],
            "All (of rank 0, 1) are in the same place: one waits for the other ranks in all_reduce (called at "
            "train.py:40).",
        ),
    ],
)
def test_the_process_that_differs(stacks: list[Stack], said: str) -> None:
    assert stack_sentence(stacks) == said


def test_what_a_process_calls_its_functions_is_shown_without_control_characters() -> None:
    dump = 'Thread 7 (active): "MainThread"\n    step\x1b[2J (train\u202e.py:7)\n'
    assert main_frames(dump) == [("step", "train.py:7")]
