# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The process of ansible-playbook that a task was forked from, and whose end ends the task."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_PR_SET_PDEATHSIG = 1

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class ParentGone(Exception):
    """The run of Ansible that this process belongs to has ended."""


class ParentProcess:
    """``pid`` is that of the parent when this process was forked, even if that has ended since."""

    def __init__(self) -> None:
        forked_by = multiprocessing.parent_process()
        self._is_forked = forked_by is not None
        self.pid = (forked_by.pid if forked_by else None) or os.getppid()

    def end_with_it(self) -> None:
        """Have the kernel kill this process when its parent ends, where it is a fork on Linux.

        Raise ParentGone where the parent has ended already.
        """
        if self._is_forked:
            with contextlib.suppress(OSError, AttributeError):
                ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        self.check()

    def check(self) -> None:
        """Raise ParentGone where the parent has ended."""
        if os.getppid() != self.pid:
            raise ParentGone(f"Process {self.pid}, the parent of this one, has ended.")

    def guarded(self, function: Callable[Arguments, Value]) -> Callable[Arguments, Value]:
        """Return the function with a check before and after each call, which raises ParentGone."""

        def call(*arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
            self.check()
            value = function(*arguments, **named)
            self.check()
            return value

        return call
