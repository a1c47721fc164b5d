# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main loop of every agent: one command a line of JSON, until stdin ends or the controller falls silent."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .errors import ClusterError

_PR_SET_NAME = 15
# Whoever has started an agent sends it a keepalive more often.
CONTROLLER_SILENCE_SECONDS = 60.0

Emit = Callable[[dict[str, Any]], None]


class Agent(Protocol):
    """Handles commands, and answers with the ``emit`` function that it was made with; an error ends the agent."""

    def handle(self, command: Mapping[str, Any]) -> None: ...

    def close(self) -> None: ...


def serve(make_agent: Callable[[Emit], Agent], process_name: str) -> None:
    """Handle commands until stdin ends or stays silent. ``process_name`` is what /proc/PID/comm shows."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, process_name.encode(), 0, 0, 0)
    lock = threading.Lock()

    def emit(event: dict[str, Any]) -> None:
        # Without a reader of stdout, stdin has ended too.
        with lock, contextlib.suppress(OSError):
            sys.stdout.write(json.dumps(event) + "\n")
            sys.stdout.flush()

    agent = make_agent(emit)
    watchdog = ControllerWatchdog(agent)
    for line in sys.stdin.buffer:
        watchdog.reset()
        # An empty line is a keepalive.
        if line.strip():
            threading.Thread(target=execute, args=(agent, json.loads(line), emit), daemon=True).start()
    end(agent)


def execute(agent: Agent, command: Mapping[str, Any], emit: Emit) -> None:
    """Handle one command; report an error, and end the process."""
    try:
        agent.handle(command)
    except ClusterError as error:
        emit({"event": "failed", "msg": error.message})
        os._exit(1)
    except Exception:
        emit({"event": "failed", "msg": traceback.format_exc()})
        os._exit(1)


class ControllerWatchdog:
    """Ends the agent when the controller has been silent for too long: a lost connection is not always closed."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._reset_at = time.monotonic()
        threading.Thread(target=self._run, daemon=True).start()

    def reset(self) -> None:
        self._reset_at = time.monotonic()

    def _run(self) -> None:
        while time.monotonic() - self._reset_at < CONTROLLER_SILENCE_SECONDS:
            time.sleep(1)
        end(self._agent)


def end(agent: Agent) -> None:
    with contextlib.suppress(ClusterError):
        agent.close()
    os._exit(0)
