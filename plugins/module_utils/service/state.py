# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small service on this host: its files and its unit, read and changed by C(systemctl)."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.command import TOO_LATE, Ended, run_command
from ..base.errors import ClusterError
from ..base.plan import Step
from .plan import ServiceFile, ServiceState, wanted_files

COMMAND_TIMEOUT_SECONDS = 60
# The ending of a directory of changes to a unit; it comes and goes with what is in it.
DROP_INS = ".d"
PROPERTIES = ("LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload")


def observe_service(params: Mapping[str, Any]) -> ServiceState:
    files = {one["path"]: read_file(Path(one["path"])) for one in params["files"]}
    unit = _properties(_run(["systemctl", "show", f"--property={','.join(PROPERTIES)}", params["name"]]).stdout)
    is_active = unit.get("ActiveState") in {"active", "activating", "reloading"}
    return ServiceState(
        files={path: file for path, file in files.items() if file},
        is_known=unit.get("LoadState") == "loaded",
        is_active=is_active,
        is_enabled=unit.get("UnitFileState") == "enabled",
        needs_reload=unit.get("NeedDaemonReload") == "yes",
        is_effective=not is_active or not params["effective_when"] or _run(params["effective_when"]).rc == 0,
    )


def apply_step(step: Step, params: Mapping[str, Any]) -> None:
    name = params["name"]
    if step.verb == "write":
        path = step.arguments["path"]
        write_file(Path(path), wanted_files(params)[path])
    elif step.verb == "remove":
        remove_file(Path(step.arguments["path"]))
    elif step.verb == "apply":
        # A unit that can reload does so without a gap; any other is restarted.
        _systemctl("reload-or-restart", name)
    elif step.verb == "reload_systemd":
        _systemctl("daemon-reload")
    elif step.verb == "enable":
        _systemctl("enable", name)
    else:
        _systemctl("disable", "--now", name)


def read_file(path: Path) -> ServiceFile | None:
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
        return ServiceFile(content, stat.S_IMODE(path.stat().st_mode))
    except FileNotFoundError:
        return None


def write_file(path: Path, file: ServiceFile) -> None:
    """Put the whole file in place at once, so that nothing ever reads half of it."""
    try:
        if path.parent.suffix == DROP_INS:
            path.parent.mkdir(mode=0o755, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(file.content)
            os.fchmod(stream.fileno(), file.mode)
        Path(unfinished).replace(path)
    except OSError as error:
        raise ClusterError(f"{path} cannot be written: {error}") from error


def remove_file(path: Path) -> None:
    path.unlink(missing_ok=True)
    if path.parent.suffix == DROP_INS and path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def _properties(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _systemctl(*arguments: str) -> None:
    done = _run(["systemctl", *arguments])
    if done.rc != 0:
        said = " ".join(done.stderr.split())
        raise ClusterError(f"systemctl {' '.join(arguments)} failed on this host: {said}", rc=done.rc)


def _run(argv: Sequence[str]) -> Ended:
    done = run_command(argv, COMMAND_TIMEOUT_SECONDS)
    if done.rc == TOO_LATE and not done.has_run:
        raise ClusterError(f"{done.stderr}.")
    return done
