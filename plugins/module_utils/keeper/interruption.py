# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What takes a keeper off its work: somebody wants the job to end, or another manager keeps it by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class StopRequested(Exception):
    """Somebody wants the job to end."""


class Superseded(Exception):
    """Another manager keeps the job by now."""


def guarded(function: Callable[Arguments, Value], check: Callable[[], None]) -> Callable[Arguments, Value]:
    """Return the function with a call of C(check), which raises what interrupts it, before and after each call."""

    def call(*arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
        check()
        value = function(*arguments, **named)
        check()
        return value

    return call
