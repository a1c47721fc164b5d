# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job's entry in the swarm, by the engine of a manager."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from ..base.errors import EngineError
from ..engine.client import CallError, EngineClient
from .engine import SOCKET
from .entry import Entry, entry_in, labels_of
from .place import Place

# Without a leader a manager answers after 20 seconds.
_ANSWER_SECONDS = 30.0
_NOT_FOUND = 404
_MANAGERS = "/nodes?filters=" + quote(json.dumps({"role": ["manager"]}))


class Outdated(EngineError):
    """The entry is not that which was read any more."""


class SwarmEntries:
    """What a manager's engine is asked and told; every failure is an EngineError."""

    def __init__(self, socket: str = SOCKET) -> None:
        self._client = EngineClient(socket, _ANSWER_SECONDS)

    def own_node(self) -> tuple[str, int]:
        """Return the ID of this node and how many managers its swarm has; an empty ID where it is no manager."""
        info = self._call(self._client.get, "/info").get("Swarm") or {}
        if not info.get("ControlAvailable"):
            return "", 0
        return str(info.get("NodeID") or ""), int(info.get("Managers") or 0)

    def managers(self) -> Sequence[dict[str, Any]]:
        return list(self._call(self._client.get, _MANAGERS) or [])

    def entry(self, place: Place) -> Entry | None:
        """Return the job's entry, or None where it has none."""
        try:
            return entry_in(self._client.get(f"/configs/{name_of(place)}"))
        except CallError as error:
            if error.status == _NOT_FOUND:
                return None
            raise EngineError(str(error), status=error.status) from error
        except OSError as error:
            raise _unanswered(error) from error

    def write(self, place: Place, entry: Entry) -> None:
        """Write the entry in the place of that which was read; raise Outdated where that has changed."""
        wanted = {
            "Name": name_of(place),
            "Labels": labels_of(entry, place.trainer, place.job),
            "Data": base64.b64encode(f"{place.trainer}/{place.job}\n".encode()).decode(),
        }
        path = f"/configs/{entry.identity}/update?version={entry.version}" if entry.identity else "/configs/create"
        try:
            self._client.call("POST", path, wanted)
        except CallError as error:
            # An entry that was made meanwhile, one that is gone, and one of another version.
            if error.status in (409, _NOT_FOUND) or "out of sequence" in str(error):
                raise Outdated(str(error), status=error.status) from error
            raise EngineError(str(error), status=error.status) from error
        except OSError as error:
            raise _unanswered(error) from error

    def _call(self, function: Callable[[str], Any], path: str) -> Any:
        try:
            return function(path)
        except CallError as error:
            raise EngineError(str(error), status=error.status) from error
        except OSError as error:
            raise _unanswered(error) from error


def name_of(place: Place) -> str:
    """Return the name of the job's entry among the swarm's configs."""
    return f"distrain-job-{place.token}"


def _unanswered(error: OSError) -> EngineError:
    return EngineError(f"The engine does not answer: {error}")
