# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about hosts that were not observed, one for all hosts with the same cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..findings.finding import ALL_HOSTS, Finding
from .connection import (
    CONTROLLER,
    LOGIN_SUBJECT,
    NOT_REACHED,
    Cause,
    find_cause,
    named_hosts,
    what_was_said,
)
from .report import HostReport, PreflightSettings


def find_not_observed(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    """One finding for all hosts that fail for the same cause."""
    by_cause: dict[str, tuple[Cause, list[HostReport]]] = {}
    for report in reports:
        if report.facts is None:
            cause = find_cause(report.reason, report.unreachable)
            by_cause.setdefault(cause.name, (cause, []))[1].append(report)
    for cause, failed in by_cause.values():
        hosts = [report.name for report in failed]
        host = ALL_HOSTS if len(hosts) == len(reports) > 1 else named_hosts(hosts)
        yield Finding(
            host, "error", cause.subject, _no_answer(cause, failed), f"{cause.remedy}{_try_by_hand(cause, failed)}"
        )


def _no_answer(cause: Cause, failed: Sequence[HostReport]) -> str:
    said = [what_was_said(report.reason, cause) for report in failed]
    where = [f"{report.address} port {report.port}" for report in failed]
    names = [f"{report.name} ({place})" for report, place in zip(failed, where, strict=True)]
    if cause.place == CONTROLLER:
        return f"the controller could not start ssh for {', '.join(names)}: {said[0]}"
    if len(failed) > 1:
        verb = "not reached" if cause.place == NOT_REACHED else "reached, but could not be observed"
        first = f" (of {failed[0].name})" if len(set(said)) > 1 else ""
        return f"{verb}: {', '.join(names)}; what was said{first}: {said[0]}"
    if cause.place == NOT_REACHED:
        return f"not reached at {where[0]}: {said[0]}"
    return f"reached at {failed[0].address}, but could not be observed: {said[0]}"


def _try_by_hand(cause: Cause, failed: Sequence[HostReport]) -> str:
    """The user and the key, where the login was refused, and a command to try it."""
    if cause.subject != LOGIN_SUBJECT:
        return ""
    one = failed[0]
    user = f"ansible_user is {one.user}" if one.user else "ansible_user is not set"
    key = (
        f"ansible_ssh_private_key_file is {one.key_file}" if one.key_file else "no ansible_ssh_private_key_file is set"
    )
    words = ["ssh", *(["-i", one.key_file] if one.key_file else []), "-p", one.port]
    command = " ".join([*words, f"{one.user}@{one.address}" if one.user else one.address])
    return f" Now {user}, and {key}. Try it: {command}"
