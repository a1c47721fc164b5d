# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host that keeps a job returns to a viewer."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from ..files.whole_file import read_whole
from .place import Place, read_json
from .state import describe_keep

# Of each file, in one answer; what is left comes with the next.
_MOST_BYTES = 1024**2
_LOOK_SECONDS = 0.5
LISTS = ("events", "observations", "screen")


def view(place: Place, marks: Mapping[str, str], wait: float) -> dict[str, Any]:
    """Return what is new since ``marks``, which an earlier view has returned; wait up to ``wait`` seconds for news.

    The state is empty where this host keeps no such job.
    """
    until = time.monotonic() + wait
    while True:
        found = _view(place, marks)
        is_news = any(found[name] for name in ("events", "screen")) or found["version"] != marks.get("version")
        if is_news or time.monotonic() >= until:
            return found
        time.sleep(_LOOK_SECONDS)


def _view(place: Place, marks: Mapping[str, str]) -> dict[str, Any]:
    state = describe_keep(place)
    found: dict[str, Any] = {"state": state, "record": read_json(place.record) if state else {}}
    found["version"] = (
        f"{state.get('run')} {state.get('phase')} {state.get('attempt')} {found['record'].get('attempt')}"
    )
    found["marks"] = {"version": found["version"]}
    for name in LISTS:
        found[name], found["marks"][name] = _after(getattr(place, name), marks.get(name, ""))
    try:
        found["progress"] = read_json(place.progress) if state else {}
    except ClusterError:
        found["progress"] = {}
    found["stacks"] = (read_whole(place.stacks) or "")[:_MOST_BYTES] if state else ""
    return found


def _after(path: Path, mark: str) -> tuple[list[dict[str, Any]], str]:
    """Return the entries behind the mark, and the mark behind them; a file that was replaced is read from its begin."""
    entries: list[dict[str, Any]] = []
    with contextlib.suppress(OSError), path.open("rb") as stream:
        number = os.fstat(stream.fileno()).st_ino
        before, _separator, offset = mark.partition(" ")
        start = int(offset) if before == str(number) and offset.isdigit() else 0
        stream.seek(start)
        text = stream.read(_MOST_BYTES)
        whole = text[: text.rfind(b"\n") + 1]
        for line in whole.splitlines():
            with contextlib.suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    entries.append(entry)
        return entries, f"{number} {start + len(whole)}"
    return entries, mark
