# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent of a host whose link and whose load have a rate of their own; its items are zeros, and it keeps none.

It is the real agent but for what it relays. What starts it puts the agent's program before its input, which is skipped.
"""

from __future__ import annotations

import functools
import io
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.agent import Emit, serve
from ansible_collections.distrain.cluster.plugins.module_utils.relay.agent import PROCESS_NAME, RelayAgent
from ansible_collections.distrain.cluster.plugins.module_utils.relay.firewall import OpenPort

WINDOW_BYTES = 4 * 1024**2


class Rate:
    """Lets so many bytes pass in a second, whoever asks."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic()) + count / self._rate
            pause = self._free_at - time.monotonic()
        if pause > 0:
            time.sleep(pause)


class CappedKind:
    """``sizes`` of the items, and ``load``, the bytes per second that the sink takes."""

    window_bytes = WINDOW_BYTES

    def __init__(self, arguments: Mapping[str, Any], _emit: Emit) -> None:
        self._sizes: list[int] = arguments["sizes"]
        self._load = Rate(arguments["load"])

    def observe(self) -> dict[str, Any]:
        return {}

    def source(self, _arguments: Mapping[str, Any]) -> CappedKind:
        return self

    def sink(self, _arguments: Mapping[str, Any]) -> CappedKind:
        return self

    def open_item(self, item: int, _timeout: float) -> tuple[int, io.BytesIO]:
        return self._sizes[item], io.BytesIO(bytes(self._sizes[item]))

    def unfinished(self) -> None: ...

    def begin(self, _item: int, _size: int) -> None: ...

    def write(self, data: bytes | memoryview) -> None:
        self._load.take(len(data))

    def end(self) -> None: ...

    def abort(self) -> None: ...

    def finish(self) -> None: ...

    def close(self) -> None: ...


class CappedAgent(RelayAgent):
    """All connections to this host share its link."""

    def __init__(self, emit: Emit) -> None:
        super().__init__(CappedKind, emit)
        self._link: Rate | None = None

    def handle(self, command: Mapping[str, Any]) -> None:
        if command["do"] == "observe":
            self._link = Rate(command["arguments"]["link"])
        super().handle(command)

    def _count(self, sent: int) -> None:
        super()._count(sent)
        if self._link:
            self._link.take(sent)


def main() -> None:
    sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
    # The firewall of this machine is none of the bench's business.
    OpenPort.open = lambda self: None  # type: ignore[method-assign]
    serve(functools.partial(CappedAgent), PROCESS_NAME)


if __name__ == "__main__":
    main()
