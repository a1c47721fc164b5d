# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ranks that end, hang or are killed while their hosts are well."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Blamed
from tests.faults.job_case import JobCase
from tests.faults.steps import Leave, On, Pause, Wait
from tests.faults.trainer import LONG, PROCESS, container, rank, stop, train

ONE, TWO, THREE = lab.HOSTS
LISTENER = "import socket, time; server = socket.create_server(('', 29500)); time.sleep(600)"
IN_FIRST = f"docker exec {container(ONE)}"


JOB_END_CASES = (
    JobCase(
        "rank-exits",
        "the second of three ranks prints a line and exits 3, and the others wait for it",
        ends="failed",
        run=train("rank-exits", "--fault=exit", "--at=7"),
        says=[rank(1, "rank-exits"), "ended with exit code 3", "It said: FATAL: the license server says no"],
        blames=Blamed(TWO, 1, "exited"),
    ),
    JobCase(
        "rank-raises",
        "the third rank dies of an exception, and the others of its loss, with tracebacks of their own",
        ends="failed",
        run=train("rank-raises", "--fault=raise", "--at=7", "--on=2"),
        says=[rank(2, "rank-raises"), "exit code 1", "It said: ValueError: the loss is not a number"],
        blames=Blamed(THREE, 2, "exited"),
    ),
    JobCase(
        "rank-crashes",
        "the second rank crashes with a segmentation fault",
        ends="failed",
        run=train("rank-crashes", "--fault=crash", "--at=7"),
        says=[rank(1, "rank-crashes"), r"its process crashed \(SIGSEGV\)"],
        blames=Blamed(TWO, 1, "crashed"),
    ),
    JobCase(
        "rank-killed",
        f"the training process on {TWO} is killed with -9",
        ends="failed",
        run=train("rank-killed", LONG),
        fault=[On(TWO, f"pkill -KILL -f '{PROCESS}'")],
        says=[rank(1, "rank-killed"), "killed by SIGKILL; the kernel counted no kill for memory there"],
        blames=Blamed(TWO, 1, "killed"),
    ),
    JobCase(
        "rank-out-of-memory",
        f"the container on {THREE} may have 64 MB, and its rank wants more and more",
        ends="failed",
        run=train("rank-out-of-memory", "--fault=memory", "--at=16", "--on=2"),
        fault=[On(THREE, f"docker update --memory 64m --memory-swap 64m {container(THREE)}")],
        at_step=3,
        says=[rank(2, "rank-out-of-memory"), "killed because memory ran out", "its host more memory"],
        restore=[On(THREE, f"docker rm --force {container(THREE)}")],
        blames=Blamed(THREE, 2, "memory"),
    ),
    JobCase(
        "rank-stopped-by-a-signal",
        f"the process on {TWO} gets SIGSTOP, and SIGCONT 25 seconds later",
        ends="succeeded",
        run=train("rank-stopped-by-a-signal", "--patience=60"),
        fault=[On(TWO, f"pkill -STOP -f '{PROCESS}'"), Pause(25), On(TWO, f"pkill -CONT -f '{PROCESS}'")],
        says=[f"{rank(1, 'rank-stopped-by-a-signal')} is suspended", "kill -CONT"],
    ),
    JobCase(
        "rank-hangs",
        "the second rank does nothing any more, the others wait for it, and trainer_launch_job_silence is 10 s",
        ends="failed",
        run=train("rank-hangs", "--fault=hang", "--at=7", "--patience=300", job_silence=10, job_timeout=60),
        says=["No rank of job rank-hangs has printed anything", f"rank 1 on host {TWO}", "had not ended after 60 s"],
        blames=Blamed(kind="timeout"),
    ),
    JobCase(
        "job-takes-too-long",
        "trainer_launch_job_timeout is 10 s",
        ends="failed",
        run=train("job-takes-too-long", LONG, job_timeout=10),
        says=["had not ended after 10 s", "trainer_launch_job_timeout", f"stopped on {ONE}, {TWO}, {THREE}"],
        blames=Blamed(kind="timeout"),
    ),
    JobCase(
        "module-missing",
        "the program imports a module that the image does not have",
        ends="failed",
        run=train("module-missing", "--fault=import", "--at=0"),
        says=[
            rank(1, "module-missing"),
            "trainer-base:bookworm has no Python module flash_attention_of_nobody",
            "image_build_pip_requirements",
        ],
        blames=Blamed(TWO, 1, "import_error"),
    ),
    JobCase(
        "program-missing",
        "the command names a program that is not in the container",
        ends="failed",
        run=train("program-missing", job_command=["python3", "/app/code/train_all.py"]),
        says=["/app/code/train_all.py is not there in its container", "trainer_launch_copies"],
        blames=Blamed(kind="missing_path"),
    ),
    JobCase(
        "master-port-taken",
        f"another program in the container of {ONE} listens at the port of the job",
        ends="failed",
        prepare=[
            train("master-port-taken", job_command=[]),
            Leave(ONE, f'{IN_FIRST} python3 -c "{LISTENER}"'),
            Wait(ONE, f"{IN_FIRST} ss -Hltn sport = :29500 | grep -q ."),
        ],
        run=train("master-port-taken"),
        says=[rank(0, "master-port-taken"), "port 29500 is taken already", "trainer_launch_job_port"],
        restore=[On(ONE, "pkill -f '^python3 -c import socket'")],
        blames=Blamed(ONE, 0, "port_taken"),
    ),
    JobCase(
        "name-of-nobody",
        "MASTER_ADDR is a name that nothing on the overlay network has",
        ends="failed",
        run=train("name-of-nobody", job_environment={"MASTER_ADDR": "faults-gpu-77"}),
        says=["Rank [12] of job", "the name faults-gpu-77 does not resolve on the overlay network", "7946/udp"],
        blames=Blamed(kind="name_unresolved"),
    ),
    JobCase(
        "job-stopped",
        "playbooks/stop.yml is run while the job trains",
        ends="stopped",
        prepare=[
            train("job-stopped", LONG, follow=False),
            Wait(ONE, "test -e /var/lib/distrain/trainers/faults/output/job-stopped/checkpoint-5/trainer_state.json"),
        ],
        run=stop("job-stopped"),
    ),
)
