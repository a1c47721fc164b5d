# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the cause of a rank's failure in its output, by the rules of this package."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .consequences import is_consequence
from .error_line import Ending, error_like_lines, read_ending
from .exceptions import Raised, split_prefix
from .gpu_rules import GPU_RULES
from .network_rules import MASTER_UNREACHABLE, NAME_UNRESOLVED, NETWORK_RULES
from .program_rules import PROGRAM_RULES
from .rule import JobContext, LogCause, Rule
from .storage_rules import STORAGE_RULES

__all__ = ["MASTER_UNREACHABLE", "JobContext", "LogCause", "read_cause", "read_symptom"]

# In this order: earlier rules explain errors of later ones.
RULES = (*GPU_RULES, *NETWORK_RULES, *STORAGE_RULES, *PROGRAM_RULES)
_PASSING = (NAME_UNRESOLVED, MASTER_UNREACHABLE)
# torch resolves both IPv4 and IPv6; on an overlay network names have no IPv6 address.
_ADDRESSES = re.compile(r"IPv(?P<kind>[46]) network addresses of \((?P<name>\S+), \d+\) cannot be retrieved")
_HAS_NONE_OF_THIS_KIND = re.compile(r"gai error: -5\b")
_TIMED_OUT = re.compile(r"client socket has timed out")


def read_cause(lines: Sequence[str], context: JobContext) -> LogCause | None:
    """Return the cause of a rank's end, by its own exceptions, or else by other lines, or None.

    Where it only lost the others, that is what kept it from connecting to them.
    """
    ending = read_ending(lines)
    for exception in ending.faults:
        cause = _explained(exception, ending, context) or _by_exception(exception, context)
        if cause:
            return cause
    if ending.faults:
        return None
    if not ending.losses:
        for line in reversed(error_like_lines(ending.own)):
            cause = None if is_consequence(line) else _by_text(line, context)
            if cause:
                return cause
    return _of_losses(ending, context)


def read_symptom(lines: Sequence[str], context: JobContext, passed: Sequence[str] = ()) -> LogCause | None:
    """Return what a rank that may still run reports as a problem, or None; ``passed`` are kinds to ignore."""
    candidates = _without_half_names(lines)
    for rule in RULES:
        if rule.anywhere and rule.kind not in passed:
            cause = _in_lines(rule, candidates, context)
            if cause:
                return cause
    return None


def _explained(exception: Raised, ending: Ending, context: JobContext) -> LogCause | None:
    """Return the cause by an earlier line that explains the exception, or None."""
    for rule in RULES:
        if rule.anywhere and rule.explains and rule.explains.search(exception.whole):
            cause = _in_lines(rule, ending.own, context)
            if cause:
                return cause
    return None


def _by_exception(exception: Raised, context: JobContext) -> LogCause | None:
    return _by_text(exception.text, context, last=PROGRAM_RULES[-1:]) or _by_text(exception.whole, context)


def _by_text(text: str, context: JobContext, last: Sequence[Rule] = ()) -> LogCause | None:
    """Return the cause by the first rule that matches; rules in ``last`` are not tried."""
    for rule in RULES:
        if rule not in last and rule.pattern.search(text):
            return rule.cause(text, context)
    return None


def _of_losses(ending: Ending, context: JobContext) -> LogCause | None:
    """Return the cause of lost connections; a later exception shows that the first trainer was reached in the end."""
    texts = [exception.whole for exception in ending.losses] or error_like_lines(ending.own)[-1:]
    found = next((cause for text in reversed(texts) if (cause := _by_network(text, context))), None)
    if found and found.kind != MASTER_UNREACHABLE:
        return found
    symptom = read_symptom(ending.own, context, () if found or not ending.losses else _PASSING)
    return symptom or found


def _by_network(text: str, context: JobContext) -> LogCause | None:
    return next((rule.cause(text, context) for rule in NETWORK_RULES if rule.pattern.search(text)), None)


def _in_lines(rule: Rule, lines: Sequence[str], context: JobContext) -> LogCause | None:
    for line in reversed(lines):
        if rule.anywhere and rule.anywhere.search(line):
            return rule.cause(split_prefix(line)[1].strip(), context)
    return None


def _without_half_names(lines: Sequence[str]) -> list[str]:
    """Drop the lines on a missing IPv6 address of a name that has an IPv4 address."""
    without_ipv4 = {found["name"] for line in lines if (found := _ADDRESSES.search(line)) and found["kind"] == "4"}
    timed_out = any(map(_TIMED_OUT.search, lines))

    def counts(line: str) -> bool:
        found = _ADDRESSES.search(line)
        if not found or found["kind"] == "4" or found["name"] in without_ipv4:
            return True
        return timed_out and not _HAS_NONE_OF_THIS_KIND.search(line)

    return [line for line in lines if counts(line)]
