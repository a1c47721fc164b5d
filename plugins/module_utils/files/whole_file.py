# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read text files, and replace them atomically."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..base.errors import ClusterError


def read_whole(path: Path) -> str | None:
    """Return the text of a file, or None where it does not exist; raise ClusterError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterError(f"{path} cannot be read: {error}.") from error


def write_whole(path: Path, text: str | None, mode: int) -> None:
    """Replace the file, or the target of a link, or remove it where ``text`` is None.

    Raise ClusterError where it cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        if text is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        _replace(target, text, mode)
    except OSError as error:
        raise ClusterError(f"{path} cannot be written: {error}.") from error


def _replace(target: Path, text: str, mode: int) -> None:
    # apt reads no file whose name begins with a dot.
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
