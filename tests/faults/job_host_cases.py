# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that lose a container, an engine or a host, and jobs that are started again from their checkpoint."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Blamed
from tests.faults.job_case import JobCase
from tests.faults.steps import Cable, Cut, Freeze, On, Restart
from tests.faults.trainer import LONG, PROCESS, SAVE_EVERY, container, rank, train

ONE, TWO, THREE = lab.HOSTS
MIDDLE = "--steps=40"
ON_FROM = "goes on from /app/output/{}/checkpoint-[0-9]+"

JOB_HOST_CASES = (
    JobCase(
        "container-removed",
        f"the trainer's container on {TWO} is removed by force",
        ends="failed",
        run=train("container-removed", LONG),
        fault=[On(TWO, f"docker rm --force {container(TWO)}")],
        says=[f"{rank(1, 'container-removed')} is gone: its container was removed"],
        blames=Blamed(TWO, 1, "container_gone"),
    ),
    JobCase(
        "engine-restarted-under-a-job",
        f"the engine of {TWO} is restarted",
        ends="failed",
        run=train("engine-restarted-under-a-job", LONG),
        fault=[On(TWO, "systemctl restart docker")],
        says=[rank(1, "engine-restarted-under-a-job"), "engine of its host (was restarted|does not answer)"],
        blames=Blamed(TWO, 1, "engine_restarted|engine_gone|container_gone"),
    ),
    JobCase(
        "host-cut-off",
        f"the cable of {THREE} is pulled out and stays out",
        ends="failed",
        run=train("host-cut-off", LONG, return_timeout=40),
        fault=[Cable(THREE, "down")],
        says=[f"{rank(2, 'host-cut-off')} is unreachable", f"host {THREE} has not answered for [0-9]+ s"],
        restore=[Cable(THREE, "up")],
        away=THREE,
        blames=Blamed(THREE, 2, "host_gone"),
    ),
    JobCase(
        "host-stands-still",
        f"all of {THREE} stands still for a minute",
        ends="failed",
        run=train("host-stands-still", LONG, return_timeout=40),
        fault=[Freeze(THREE, 60)],
        says=[f"{rank(2, 'host-stands-still')} is unreachable", f"host {THREE} has not answered for [0-9]+ s"],
        away=THREE,
        blames=Blamed(THREE, 2, "host_gone"),
    ),
    JobCase(
        "rank-killed-and-started-again",
        f"the training process on {TWO} is killed with -9, and trainer_launch_max_restarts is 1",
        ends="succeeded",
        run=train("rank-killed-and-started-again", MIDDLE, max_restarts=1),
        fault=[On(TWO, f"pkill -KILL -f '{PROCESS}'")],
        says=["killed by SIGKILL", ON_FROM.format("rank-killed-and-started-again")],
        restarts=1,
        blames=Blamed(TWO, 1, "killed"),
    ),
    JobCase(
        "host-restarted-and-back",
        f"{THREE} is restarted, and trainer_launch_max_restarts is 1",
        ends="succeeded",
        run=train("host-restarted-and-back", MIDDLE, max_restarts=1, return_timeout=180),
        fault=[Restart((THREE,))],
        says=[rank(2, "host-restarted-and-back"), ON_FROM.format("host-restarted-and-back")],
        restarts=1,
        blames=Blamed(THREE, 2, "host_gone|host_restarted|engine_gone"),
    ),
    JobCase(
        "host-cut-off-and-back",
        f"the cable of {THREE} is pulled out for 50 seconds, and trainer_launch_max_restarts is 1",
        ends="succeeded",
        run=train("host-cut-off-and-back", MIDDLE, max_restarts=1, return_timeout=180),
        fault=[Cut(THREE, 50)],
        says=[f"{rank(2, 'host-cut-off-and-back')} is unreachable", ON_FROM.format("host-cut-off-and-back")],
        restarts=1,
        blames=Blamed(THREE, 2, "host_gone"),
    ),
    JobCase(
        "killed-while-saving",
        "the first rank is killed while it writes checkpoint-10, and trainer_launch_max_restarts is 1",
        ends="succeeded",
        run=train("killed-while-saving", "--fault=half-checkpoint", "--at=10", "--on=0", max_restarts=1),
        says=[rank(0, "killed-while-saving"), "goes on from /app/output/killed-while-saving/checkpoint-5"],
        restarts=1,
        blames=Blamed(ONE, 0, "killed"),
    ),
    JobCase(
        "no-restart-left",
        "the second rank is killed at its seventh step, again and again, and trainer_launch_max_restarts is 1",
        ends="failed",
        run=train("no-restart-left", "--fault=kill", "--at=7", max_restarts=1),
        says=[rank(1, "no-restart-left"), "killed by SIGKILL"],
        loses=2 * SAVE_EVERY,
        restarts=1,
        blames=Blamed(TWO, 1, "killed"),
    ),
)
