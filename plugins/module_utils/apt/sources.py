# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""apt's source files on this host: read, written together or not at all, and read by apt itself as the proof."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.command import run_command
from ..base.errors import ClusterError
from ..files.whole_file import read_whole, write_whole
from .plan import AptState

SOURCES = "/etc/apt/sources.list"
MODE = 0o644
APT_SECONDS = 60
# It reads every source file and asks no server.
READ_SOURCES = ("apt-get", "indextargets", "--format", "$(URI)")


def observe_sources(params: Mapping[str, Any]) -> AptState:
    sources = Path(params.get("sources") or SOURCES)
    return AptState(_source_files(sources), read_whole(Path(params["key_path"])), apt_error())


def write_together(files: Mapping[str, str]) -> None:
    """Write the files in their order; where apt cannot read its sources then, put all back and raise ClusterError."""
    former = {path: read_whole(Path(path)) for path in files}
    try:
        for path, text in files.items():
            write_whole(Path(path), text, MODE)
        error = apt_error()
    except ClusterError:
        _put_back(former)
        raise
    if error:
        _put_back(former)
        raise ClusterError(
            f"apt could not read its sources any more with {', '.join(former)}: {error} They were put back as they "
            "were. Look for another entry of the same repository in /etc/apt on this host."
        )


def apt_error() -> str:
    """Return the error of apt when it reads its sources; empty without an error, and on a host without apt."""
    done = run_command(READ_SOURCES, APT_SECONDS)
    if done.rc == 0 or not done.has_run:
        return ""
    said = [line.removeprefix("E: ") for line in done.stderr.splitlines() if line.startswith("E:")]
    return f"{'. '.join(said) or done.stderr.strip()}."


def _source_files(sources: Path) -> dict[str, str]:
    directory = sources.with_name(f"{sources.name}.d")
    paths = [sources, *(one for one in sorted(directory.glob("*")) if one.suffix in {".list", ".sources"})]
    return {str(path): text for path in paths if (text := read_whole(path)) is not None}


def _put_back(former: Mapping[str, str | None]) -> None:
    for path, text in former.items():
        write_whole(Path(path), text, MODE)
