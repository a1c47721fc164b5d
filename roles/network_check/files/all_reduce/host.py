# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ranks of one host: started together, ended together, and reported in one file."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .interface import interface_near
from .meeting import GRACE_SECONDS, Problem
from .outcome import read_outcome, write_outcome
from .turns import Turns

LOOK_SECONDS = 0.1


def run_host(settings: argparse.Namespace) -> int:
    deadline = time.monotonic() + settings.timeout
    outcomes: dict[str, dict[str, Any]] = {}
    try:
        environment = {**os.environ, **_interface_environment(settings.near)}
        for tuning in settings.tunings:
            outcomes[tuning] = _run_tuning(settings, tuning, environment, deadline)
            # A network that does not carry with the first tuning would take as long to fail with each of them.
            if len(outcomes) == 1 and outcomes[tuning]["problem"]:
                break
    except Problem as error:
        outcomes = {next(iter(settings.tunings)): _failed(f"{settings.host}: {error}")}
    finally:
        if settings.ranks[0] == settings.host:
            Turns(settings.directory, settings.networks, settings.network).leave()
    write_outcome(settings, outcomes)
    return 1 if next(iter(outcomes.values()))["problem"] else 0


def _run_tuning(
    settings: argparse.Namespace, tuning: str, environment: dict[str, str], deadline: float
) -> dict[str, Any]:
    """The outcome of the ranks of this host with one tuning, which libraries read once, where a process begins."""
    local = [rank for rank, host in enumerate(settings.ranks) if host == settings.host]
    left = ["--tuning", tuning, "--timeout", str(max(deadline - time.monotonic(), 0)), "--rank"]
    command = [sys.executable, "-u", "-m", __package__, *sys.argv[1:], *left]
    own = {**environment, **settings.tunings[tuning]}
    processes = {rank: subprocess.Popen([*command, str(rank)], env=own) for rank in local}
    _wait_for(list(processes.values()), deadline)
    outcomes = [_outcome(settings, tuning, rank, process.returncode) for rank, process in processes.items()]
    problem = next((one["problem"] for one in outcomes if one["problem"]), "")
    return {**outcomes[0], "problem": problem}


def _interface_environment(near: str) -> dict[str, str]:
    """NCCL and gloo pinned to one interface; NCCL takes a name behind "=" exactly."""
    if not near:
        return {}
    try:
        interface = interface_near(near, Path("/proc/net/route").read_text(encoding="ascii"))
    except LookupError as error:
        raise Problem(str(error)) from error
    return {"NCCL_SOCKET_IFNAME": f"={interface}", "GLOO_SOCKET_IFNAME": interface}


def _wait_for(processes: list[subprocess.Popen[bytes]], deadline: float) -> None:
    """Until all have ended; where one has failed, the others have a little while to notice."""
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        if any(process.poll() for process in processes):
            deadline = min(deadline, time.monotonic() + 3 * GRACE_SECONDS)
        time.sleep(LOOK_SECONDS)
    for process in processes:
        process.kill()
        process.wait()


def _outcome(settings: argparse.Namespace, tuning: str, rank: int, code: int) -> dict[str, Any]:
    how = f"exit code {code}" if code >= 0 else f"signal {-code}"
    return read_outcome(settings, tuning, rank) or _failed(f"rank {rank} on {settings.host} ended with {how}")


def _failed(problem: str) -> dict[str, Any]:
    return {"rows": [], "versions": {}, "problem": problem}
