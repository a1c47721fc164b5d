# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systemd's unit of the engine: the command it starts, starting and restarting it, and why it does not come up."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from ..base.command import NOT_EXECUTABLE, Ended, run_command
from ..base.errors import ClusterError
from ..engine.client import EngineClient
from .journal import engine_reason

UNIT = "docker.service"
UNITS = (UNIT, "docker.socket")
QUESTION_SECONDS = 30
POLL_SECONDS = 0.5
JOURNAL_LINES = "200"


class EngineUnit:
    """The unit of one host's engine, and the engine's socket."""

    def __init__(self, socket_path: str) -> None:
        self._get = EngineClient(socket_path).get

    def command(self) -> tuple[str, ...]:
        """The words of the command that the unit starts, its variables expanded where it runs; empty without a unit."""
        shown = _run(["systemctl", "show", "--property=LoadState,MainPID,ExecStart", UNIT], QUESTION_SECONDS)
        properties = dict(line.split("=", 1) for line in shown.stdout.splitlines() if "=" in line)
        if properties.get("LoadState") != "loaded":
            return ()
        return _running_command(properties.get("MainPID", "0")) or started_command(properties.get("ExecStart", ""))

    def runs_replaced_program(self) -> bool:
        """Whether the engine that runs is of a program that was replaced since: not every package restarts it."""
        shown = _run(["systemctl", "show", "--property=MainPID", "--value", UNIT], QUESTION_SECONDS)
        return is_replaced(Path("/proc", shown.stdout.strip() or "0", "exe"))

    def answers(self) -> bool:
        try:
            self._get("/version")
        except OSError:
            return False
        return True

    def refused_configuration(self, command: Sequence[str], path: Path) -> str:
        """Return why the engine rejects a configuration file beside its unit's flags; empty where it accepts it."""
        done = _run([*command, "--validate", f"--config-file={path}"], QUESTION_SECONDS)
        if done.rc == 0:
            return ""
        lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
        return engine_reason(lines).replace(str(path), "it") or f"it ended with {done.rc}"

    def why_not_up(self, verb: str, seconds: int) -> str:
        """Start or restart the engine and wait until it answers. Return the reason of a failure; empty on success."""
        since = int(time.time())
        deadline = time.monotonic() + seconds
        # A unit that has failed too often in a short time is not started again before this.
        _run(["systemctl", "reset-failed", *UNITS], QUESTION_SECONDS)
        done = _run(["systemctl", verb, UNIT], seconds)
        while done.rc == 0 and time.monotonic() < deadline:
            if self.answers():
                return ""
            time.sleep(POLL_SECONDS)
        said = engine_reason(_journal(since))
        return said or " ".join(done.stderr.split()) or f"it did not answer within {seconds} s"


def started_command(exec_start: str) -> tuple[str, ...]:
    """The words of the property ExecStart as systemctl shows it, without the variables that only systemd expands."""
    found = re.search(r"argv\[\]=(.*?) ; ", exec_start)
    return tuple(word for word in shlex.split(found[1]) if not word.startswith("$")) if found else ()


def is_replaced(program: Path) -> bool:
    """Whether the file behind the link of a process to its program is there no more."""
    try:
        return str(program.readlink()).endswith(" (deleted)")
    except OSError:
        return False


def _running_command(pid: str) -> tuple[str, ...]:
    if pid in {"", "0"}:
        return ()
    try:
        words = (Path("/proc") / pid / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ()
    return tuple(word.decode(errors="replace") for word in words if word)


def _journal(since: int) -> list[str]:
    argv = ["journalctl", f"--unit={UNIT}", f"--since=@{since}", "--output=cat", "--no-pager", "--lines", JOURNAL_LINES]
    return _run(argv, QUESTION_SECONDS).stdout.splitlines()


def _run(argv: Sequence[str], seconds: int) -> Ended:
    done = run_command(argv, seconds)
    if done.rc == NOT_EXECUTABLE and not done.has_run:
        raise ClusterError(f"{done.stderr}. Is become: true set?")
    return done
