# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the engine of this host came there, and what else stands in Docker's place."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.command import QUESTION_SECONDS, command_output, run_command, search_path
from .packages import OBSERVED_PACKAGES, REPLACING_PACKAGES

SNAPS = Path("/var/lib/snapd/snaps")
STATUS_FORMAT = "${Package} ${db:Status-Want} ${db:Status-Status}\\n"


def observe_provenance(command: Sequence[str], snaps: Path = SNAPS) -> dict[str, Any]:
    """Return the program of the engine, its package, and what was installed in place of Docker.

    ``command`` is what systemd starts as the engine, empty without a unit.
    """
    program = command[0] if command and command[0].startswith("/") else _dockerd()
    statuses = _statuses(sorted({*OBSERVED_PACKAGES, *REPLACING_PACKAGES}))
    return {
        "program": program,
        "package": owning_package(command_output("dpkg-query", "--search", program)) if program else "",
        "replacements": [*(["snap"] if any(snaps.glob("docker_*.snap")) else []), *_installed(statuses)],
        "held": sorted(name for name, (wanted, _status) in statuses.items() if wanted == "hold"),
    }


def parse_statuses(shown: str) -> dict[str, tuple[str, str]]:
    """Return what is wanted of each package, and its state, by the words of dpkg-query in STATUS_FORMAT."""
    rows = [line.split() for line in shown.splitlines()]
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == len(STATUS_FORMAT.split())}


def owning_package(found: str) -> str:
    """Return the package that a file belongs to, by the output of C(dpkg-query --search); empty where none does."""
    lines = [line for line in found.splitlines() if not line.startswith("diversion ")]
    owner = lines[0].partition(": ")[0].partition(",")[0] if lines else ""
    return owner.partition(":")[0]


def _statuses(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    # It prints those that it knows, and fails where it does not know one.
    argv = ("dpkg-query", "--show", f"--showformat={STATUS_FORMAT}", *names)
    return parse_statuses(run_command(argv, QUESTION_SECONDS).stdout)


def _installed(statuses: Mapping[str, tuple[str, str]]) -> list[str]:
    return [name for name in REPLACING_PACKAGES if statuses.get(name, ("", ""))[1] == "installed"]


def _dockerd() -> str:
    return shutil.which("dockerd", path=search_path()) or ""
