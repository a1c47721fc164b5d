# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the last lines of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.names import folded

from .record import value_text
from .words import clock


def result_lines(results: Mapping[str, Any], as_yaml: Callable[[Any], str]) -> list[str]:
    """Return the results that playbooks have given to the run by C(set_stats): each name, then its lines."""
    lines: list[str] = []
    for name, value in results.items():
        # Each host of a play adds to a list.
        items = list(dict.fromkeys(value)) if _is_texts(value) else value
        text = value_text(items, as_yaml)
        if "\n" in text:
            lines += [f"{name}:", *(f"  {line}" for line in text.split("\n"))]
        elif text:
            lines.append(f"{name}: {text}")
    return lines


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def verdict(seconds: float, changing: int, failed: Sequence[str], unreachable: Sequence[str], check_mode: bool) -> str:
    """Return how the run ended, in one sentence; ``changing`` is how many tasks changed something."""
    bad = [f"{folded(hosts)} {what}" for what, hosts in (("failed", failed), ("unreachable", unreachable)) if hosts]
    tasks = f"{changing} task{'' if changing == 1 else 's'}"
    nothing = "nothing was changed" if bad else "nothing had to be changed"
    done = f"{tasks} {'would change' if check_mode else 'changed'} something" if changing else nothing
    return f"{'Failed' if bad else 'Done'} in {clock(seconds)}: {'; '.join([*bad, done])}."
