# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every error that a plan, a verb or a wait may raise; C(module.py) catches them once."""

from __future__ import annotations

import traceback
from typing import Any


class ClusterError(Exception):
    """Something that the user has to know: what was found, and what to do.

    ``details`` are returned beside ``msg`` when a module fails with this error.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class PlanError(ClusterError):
    """A request that a plan refuses, because something would be lost or could not work."""


class EngineUnavailable(ClusterError):
    """No engine answers on this host, or Python cannot talk to it."""


class EngineError(ClusterError):
    """The engine refused a call; ``status`` is its HTTP status, or None."""

    def __init__(self, message: str, status: int | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.status = status


class TimedOut(ClusterError):
    """A wait came to its deadline."""


def unforeseen(error: BaseException) -> ClusterError:
    """What is told of an error that is a fault of ours: what it is, and where it came up."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return ClusterError(
        f"an error that was not foreseen, {told} ({place.filename.rpartition('/')[2]}, line {place.lineno})."
    )
