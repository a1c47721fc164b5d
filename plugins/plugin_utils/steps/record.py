# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what the hosts of a task reported, and the lines that are shown of it once it is over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.names import folded

from .words import clock, remedy_first, took

# Tasks that took less, and that follow each other on the same hosts, share a line of so many characters.
_SHORT_SECONDS = 10.0
_WIDTH = 120

# What a line is; the callback gives each its colour.
CHANGED, MESSAGE, DIFF, FAILED, UNREACHABLE, REMEDY, DETAIL, HANDLED = (
    "changed",
    "message",
    "diff",
    "failed",
    "unreachable",
    "remedy",
    "detail",
    "handled",
)
INDENT = " " * 9
# What Ansible puts before the message of a plugin; the path of the task says it, too.
_WHERE_IT_FAILED = re.compile(r"^Task failed: .*The \w+ plugin '[\w.]+' failed: ", re.DOTALL)
# Of what a failed command printed, so many of the last lines; the full log has all of it.
_OUTPUT_LINES = 40

Line = tuple[str, str]
ByText = dict[str, list[str]]


@dataclass
class TaskRecord:
    """One task: ``began`` and ``ended`` are seconds since the start of the run; each text has the hosts it is of."""

    name: str
    began: float
    path: str = ""
    check_mode: bool = False
    ended: float = 0.0
    changed: list[str] = field(default_factory=list)
    # How many items of a loop changed something, over all hosts.
    items: int = 0
    messages: ByText = field(default_factory=dict)
    diffs: ByText = field(default_factory=dict)
    failures: ByText = field(default_factory=dict)
    handled: ByText = field(default_factory=dict)
    unreachable: ByText = field(default_factory=dict)

    @staticmethod
    def add(texts: ByText, text: str, host: str) -> None:
        hosts = texts.setdefault(text, [])
        if host not in hosts:
            hosts.append(host)

    def lines(self) -> Iterator[Line]:
        """Yield each line with what it is."""
        yield from self._changed_lines()
        for text, hosts in self.diffs.items():
            yield f"{INDENT}{folded(hosts)}:", DETAIL
            yield text.rstrip("\n"), DIFF
        yield from self._message_lines()
        for text, hosts in self.handled.items():
            first = text.strip().split("\n")[0]
            yield self._heading("", f"{self.name}: the play goes on without it", hosts), HANDLED
            yield f"{INDENT}{first}", DETAIL
        yield from self._error_lines("UNREACHABLE", self.unreachable, UNREACHABLE)
        yield from self._error_lines("FAILED", self.failures, FAILED)

    def joined_with(self, next_one: TaskRecord) -> TaskRecord | None:
        """Return this task and the next as one, where both changed the same hosts and a line has room for both."""
        seconds = self.seconds + next_one.seconds
        both = replace(
            next_one,
            name=f"{self.name}; {next_one.name}",
            began=next_one.ended - seconds,
            items=0,
        )
        is_like_it = sorted(self.changed) == sorted(next_one.changed) and self.check_mode == next_one.check_mode
        return both if is_like_it and len(next(both.lines())[0]) <= _WIDTH else None

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def can_be_joined(self) -> bool:
        """Tell whether this is a short task that has nothing else to say than that it changed something."""
        others = (self.diffs, self.messages, self.handled, self.unreachable, self.failures)
        return bool(self.changed) and self.seconds < _SHORT_SECONDS and not any(others)

    def _changed_lines(self) -> Iterator[Line]:
        if self.changed:
            count = f"{self.items} items, " if self.items > 1 else ""
            would = "would change" if self.check_mode else ""
            yield self._heading(would, self.name, self.changed, f", {count}{took(self.seconds)}"), CHANGED

    def _heading(self, what: str, name: str, hosts: Sequence[str], rest: str = "") -> str:
        return f"{clock(self.ended):>7}  {what + '  ' if what else ''}{name}  ({folded(hosts)}{rest})"

    def _message_lines(self) -> Iterator[Line]:
        """Yield each message once, with the hosts it is of where they said different things."""
        for text, hosts in self.messages.items():
            if len(self.messages) == 1:
                yield text, MESSAGE
            elif "\n" in text:
                yield f"{folded(hosts)}:\n{text}", MESSAGE
            else:
                yield f"{folded(hosts)}: {text}", MESSAGE

    def _error_lines(self, what: str, texts: ByText, kind: str) -> Iterator[Line]:
        for text, hosts in texts.items():
            yield self._heading(what, self.name, hosts), kind
            for number, line in enumerate(remedy_first(text)):
                yield f"{INDENT}{line}", REMEDY if number == 0 else DETAIL
            if self.path:
                yield f"{INDENT}task: {self.path}", DETAIL


def error_text(result: Mapping[str, Any], item: Any = None) -> str:
    """Return what a result that failed says: its message, and the end of what its command printed."""
    text = str(result.get("msg") or result.get("censored") or "The task failed without a message.").strip()
    text = _WHERE_IT_FAILED.sub("", text)
    lines = [f"{text} (item: {item})" if item is not None else text]
    shown = text
    for name in ("stderr", "stdout", "module_stderr", "module_stdout"):
        printed = str(result.get(name) or "").strip()
        if printed and printed not in shown:
            shown += printed
            rows = printed.split("\n")
            left_out = len(rows) - _OUTPUT_LINES
            lines += [f"{name}:"] if left_out <= 0 else [f"{name}, without {left_out} lines before these:"]
            lines += [f"  {row}" for row in rows[-_OUTPUT_LINES:]]
    return "\n".join(lines)


def message_text(result: Mapping[str, Any], as_yaml: Callable[[Any], str]) -> str:
    """Return what C(debug) is to show, as text: lists of lines are lines."""
    shown = {name: value for name, value in result.items() if not name.startswith("_") and name not in _NO_VARIABLES}
    if "msg" in result:
        return value_text(result["msg"], as_yaml)
    return "\n".join(f"{name}: {value_text(value, as_yaml)}" for name, value in shown.items())


_NO_VARIABLES = (
    "changed failed skipped invocation warnings deprecations exception item "
    "ansible_loop_var ansible_index_var ansible_loop"
).split()


def value_text(value: Any, as_yaml: Callable[[Any], str]) -> str:
    if isinstance(value, str):
        return value.rstrip("\n")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return as_yaml(value).rstrip("\n")
