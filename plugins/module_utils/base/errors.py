# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The errors of this collection; C(module.py) turns them into a failed task."""

from __future__ import annotations

import traceback
from typing import Any


class ClusterError(Exception):
    """An error whose message says what was found and what to do.

    ``details`` are returned beside ``msg`` when a module fails with this error. ``section`` is that of the page on
    errors, empty for the section of the module or action.
    """

    section = ""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class PlanError(ClusterError):
    """A request that a plan refuses, because something would be lost or could not work."""


class EngineUnavailable(ClusterError):
    """No engine answers on this host, or Python cannot connect to it."""

    section = "engine"


class EngineError(ClusterError):
    """The engine refused a call; ``status`` is its HTTP status, or None."""

    def __init__(self, message: str, status: int | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.status = status


class TimedOut(ClusterError):
    """A wait reached its deadline."""


def unexpected(error: BaseException) -> ClusterError:
    """Return an error for a bug of this collection, with its type, message and place in the code."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    described = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return ClusterError(f"an unexpected error, {described} ({place.filename.rpartition('/')[2]}, line {place.lineno}).")
