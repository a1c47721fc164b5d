# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that the role trainer_launch keeps in a trainer's directory on its host, as they are there."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import Any

COMPOSE = "compose.yml"
DIRECTORIES = ("", "control", "logs", "runner")
PROGRAMS = ("runner/run-job", "runner/ssh_launch.py")
WEBUI, WEBUI_PROGRAM, CREDENTIALS = "webui", "webui/webui_password.py", "webui/credentials"


def describe_files(directory: str, credentials: str | None) -> dict[str, Any]:
    """Return what is there: C(directories) and C(programs) by name, the C(compose) file, and the C(webui).

    Only whether the web UI's file of user and password is the wanted text ``credentials`` is returned, never its
    content.
    """
    root = Path(directory)
    compose = _state(root / COMPOSE)
    return {
        "directories": {name: _state(root / name) for name in DIRECTORIES},
        "programs": {name: _state(root / name) for name in PROGRAMS},
        "compose": {**compose, "text": (root / COMPOSE).read_text(errors="replace") if compose["digest"] else ""},
        "webui": {
            "directory": _state(root / WEBUI),
            "program": _state(root / WEBUI_PROGRAM),
            "credentials": {
                **_state(root / CREDENTIALS),
                "digest": None,
                "are_wanted": _holds(root / CREDENTIALS, credentials),
            },
        },
    }


def _state(path: Path) -> dict[str, Any]:
    """The owner, the mode, the digest of a regular file, and when it was written; null of what is not there."""
    try:
        found = path.lstat()
    except OSError:
        return {"owner": None, "mode": None, "digest": None, "modified": None}
    is_file = stat.S_ISREG(found.st_mode)
    return {
        "owner": f"{found.st_uid}:{found.st_gid}",
        "mode": f"{stat.S_IMODE(found.st_mode):04o}",
        "digest": digest_of(path) if is_file else None,
        "modified": found.st_mtime,
    }


def digest_of(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _holds(path: Path, content: str | None) -> bool:
    return content is not None and path.is_file() and path.read_text(errors="replace") == content
