# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages of this host that apt leaves at their version (apt-mark hold): read, held and released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.command import QUESTION_SECONDS, run_command
from ..base.errors import ClusterError
from ..base.plan import Step
from ..files.whole_file import read_whole, write_whole
from .hold_plan import HoldState, parse_held

STATUS_FORMAT = "${Package} ${db:Status-Want} ${db:Status-Status}\\n"
VERBS = {"hold": "hold", "release": "unhold"}
RECORD_MODE = 0o644


def observe_holds(params: Mapping[str, Any]) -> HoldState:
    """Return the state of the packages that are asked for and of those in the record."""
    record = read_whole(Path(params["record"])) or ""
    names = sorted({*params["packages"], *parse_held(record, params["record"])})
    statuses = package_statuses(names)
    installed = frozenset(name for name, (_wanted, status) in statuses.items() if status == "installed")
    return HoldState(installed, frozenset(one for one in statuses if statuses[one][0] == "hold"), record)


def package_statuses(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return what is wanted of each package that dpkg knows, and its state; ``names`` may have wildcards."""
    if not names:
        return {}
    # It prints those that it knows, and fails where it does not know one.
    argv = ("dpkg-query", "--show", f"--showformat={STATUS_FORMAT}", *names)
    rows = [line.split() for line in run_command(argv, QUESTION_SECONDS).stdout.splitlines()]
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == len(STATUS_FORMAT.split())}


def apply_hold(step: Step, params: Mapping[str, Any]) -> None:
    """Carry out one step; raise ClusterError where apt-mark fails."""
    if step.verb == "record":
        write_whole(Path(params["record"]), step.arguments["text"] or None, RECORD_MODE)
        return
    done = run_command(("apt-mark", VERBS[step.verb], *step.arguments["names"]), QUESTION_SECONDS)
    if done.rc != 0:
        raise ClusterError(f"apt-mark {VERBS[step.verb]} failed: {(done.stderr or done.stdout).strip()}")
