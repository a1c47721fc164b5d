# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that hang, that only seem to, and whose restarts come to nothing."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Blamed
from tests.faults.job_case import JobCase
from tests.faults.steps import On
from tests.faults.trainer import LONG, PROCESS, SAVE_EVERY, rank, train

TWO = lab.HOSTS[1]
PATIENT = "--patience=300"
SILENCE = 15
# A hang is to be named, and ended, so soon after it began.
NAMED_WITHIN = SILENCE + 30
STOP = On(TWO, f"pkill -STOP -f '{PROCESS}'")
HANGS = "hangs: no rank has printed anything or made a step"
ON_FROM = "goes on from /app/output/{}/checkpoint-[0-9]+"

JOB_HANG_CASES = (
    JobCase(
        "hang-ended-and-started-again",
        f"the process on {TWO} gets SIGSTOP; trainer_launch_job_silence is {SILENCE} s, with a restart",
        ends="succeeded",
        run=train("hang-ended-and-started-again", "--steps=40", PATIENT, job_silence=SILENCE, max_restarts=1),
        fault=[STOP],
        named_within=NAMED_WITHIN,
        says=[HANGS, f"rank 1 on host {TWO} is stopped by a signal", ON_FROM.format("hang-ended-and-started-again")],
        restarts=1,
        blames=Blamed(TWO, 1, "hang"),
    ),
    JobCase(
        "hang-ended",
        "the same with trainer_launch_on_hang: stop",
        ends="failed",
        run=train("hang-ended", LONG, PATIENT, job_silence=SILENCE, max_restarts=1, on_hang="stop"),
        fault=[STOP],
        named_within=NAMED_WITHIN,
        says=[HANGS, f"rank 1 on host {TWO} is stopped by a signal", "stacks.txt", "trainer_launch_on_hang is stop"],
        blames=Blamed(TWO, 1, "hang"),
    ),
    JobCase(
        "slow-start",
        "all ranks are silent for 40 s before they meet; trainer_launch_job_silence is 10 s",
        ends="succeeded",
        run=train("slow-start", "--prepare=40", PATIENT, job_silence=10, max_restarts=1),
        says_not=[r"\bhangs?\b"],
    ),
    JobCase(
        "start-that-hangs",
        "all ranks are silent for 5 minutes before they meet; trainer_launch_job_start_silence is 15 s",
        ends="failed",
        run=train("start-that-hangs", "--prepare=300", PATIENT, job_silence=10, job_start_silence=15, on_hang="stop"),
        says=[HANGS, "Which rank the others wait for is not known"],
        blames=Blamed(kind="hang"),
    ),
    JobCase(
        "loop-without-progress",
        "the second rank is killed at its seventh step, again and again, and trainer_launch_max_restarts is 9",
        ends="failed",
        run=train("loop-without-progress", "--fault=kill", "--at=7", max_restarts=9),
        says=[
            rank(1, "loop-without-progress"),
            "killed by SIGKILL",
            "not restarted .3 of 9 restarts used.: 3 restarts in a row reached no new checkpoint, after checkpoint-5",
            f"All 4 attempts ended alike: killed .rank 1 on host {TWO}., each after step 6",
        ],
        loses=SAVE_EVERY,
        restarts=3,
        blames=Blamed(TWO, 1, "killed"),
    ),
    JobCase(
        "module-missing-not-tried-again",
        "the program imports a module that the image does not have, and trainer_launch_max_restarts is 3",
        ends="failed",
        run=train("module-missing-not-tried-again", "--fault=import", "--at=0", max_restarts=3),
        says=[rank(1, "module-missing-not-tried-again"), "a restart does not help with this cause .import_error"],
        blames=Blamed(TWO, 1, "import_error"),
    ),
)
