# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Actions without Ansible, as far as they decide and show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def action(module: Any, check_mode: bool = False) -> tuple[Any, list[str]]:
    """The action of a module of plugins/action, and a list that grows by what it shows."""
    made, shown = object.__new__(module.ActionModule), list[str]()
    made._task = SimpleNamespace(check_mode=check_mode)
    made.show = shown.extend
    return made, shown
