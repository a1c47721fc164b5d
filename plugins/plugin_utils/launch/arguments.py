# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: settings given as a dictionary -> the arguments of a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError


def command_arguments(settings: Mapping[str, Any] | Sequence[Any] | None) -> list[str]:
    """A list as words; of a mapping C(--key value), or C(--key) alone for true and nothing for false."""
    if not settings:
        return []
    if isinstance(settings, Mapping):
        return [word for name, value in settings.items() for word in _words(str(name), value)]
    if isinstance(settings, str) or not isinstance(settings, Sequence):
        raise PlanError(
            "trainer_launch_job_arguments is one text, but has to be a list of arguments or a dictionary of settings; "
            "no shell takes a text apart."
        )
    return [str(word) for word in settings]


def _words(name: str, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    flag = f"--{name}"
    if value is True:
        return [flag]
    if isinstance(value, Mapping):
        raise PlanError(f"trainer_launch_job_arguments gives {name} a dictionary, which no argument can hold.")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [flag, *(str(one) for one in value)]
    return [flag, str(value)]
