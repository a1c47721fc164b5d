# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent that writes down, on a manager, what the keeper of a job has written on its own host."""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.agent import Emit, serve
from ..base.errors import ClusterError
from ..files.whole_file import read_whole, write_whole
from ..follow.bounded_lines import BoundedLines
from ..follow.recorder import JobRecorder
from .memory import Known, read_known, write_known
from .phases import OVER
from .place import Place, read_json, write_json
from .screen import MOST_BYTES
from .state import State, copy_state

PROCESS_NAME = "distrain-copy"
_PRIVATE = 0o600


class CopyAgent:
    """Handles C(copy), whose C(view) is that of a keeper; the answer is empty, or says what could not be written."""

    def __init__(self, place: Place, emit: Emit) -> None:
        self._place = place
        self._emit = emit
        self._recorder = JobRecorder(str(place.observations), str(place.events), warn=_say)
        self._screen = BoundedLines(str(place.screen), MOST_BYTES, lambda entry: entry["text"])

    def handle(self, command: Mapping[str, Any]) -> None:
        try:
            self._copy(command["view"])
        except ClusterError as error:
            self._emit({"event": "copied", "found": error.message})
            return
        except OSError as error:
            self._emit({"event": "copied", "found": str(error)})
            return
        self._emit({"event": "copied", "found": ""})

    def close(self) -> None:
        """There is nothing to end."""

    def _copy(self, view: Mapping[str, Any]) -> None:
        place, state = self._place, view["state"]
        if not state or state["run"] != read_json(place.keep).get("run"):
            return
        own = read_json(place.state)
        if own.get("run") == state["run"] and own.get("term", 0) > state["term"]:
            raise ClusterError("This host has written of a newer turn itself.")
        self._recorder.adopt(view["events"], view["observations"])
        self._add_lines(view["screen"])
        for path, content in ((place.record, view["record"]), (place.progress, view["progress"])):
            if content and content != read_json(path):
                write_json(path, content)
        if view["stacks"] and view["stacks"] != read_whole(place.stacks):
            write_whole(place.stacks, view["stacks"], _PRIVATE)
        known = Known.of(state.get("checkpoints") or {})
        if known != read_known(place):
            write_known(place, known)
        copy_state(place, state["run"], State.of(state))
        if state["phase"] == OVER:
            # Nobody connects to this host for the job any more.
            write_json(place.released, {"at": time.time()})

    def _add_lines(self, lines: Sequence[Mapping[str, Any]]) -> None:
        if not lines:
            return
        known = set((read_whole(self._place.screen) or "").splitlines())
        # Lines of an earlier view come again where the connection was lost.
        for line in lines:
            if _text(line) not in known:
                self._screen.append(line)


def _text(line: Mapping[str, Any]) -> str:
    return json.dumps(line, allow_nan=False)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def serve_copy(place: Place) -> None:
    """Be the agent that copies until the input ends."""
    serve(functools.partial(CopyAgent, place), PROCESS_NAME)
