# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what is wrong with the answers of mirrors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..apt.openpgp import fingerprints
from ..findings.finding import Finding
from .wanted import Wanted

SUBJECT = "mirrors"
CONTROLLER = "controller"
OK = 200
# A registry, and a host of repositories, may ask who one is before they say more.
LET_IN = {"registry": (OK, 401), "git": (OK, 401, 403, 404)}


def mirror_findings(host: str, wanted: Sequence[Wanted], answers: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield a finding for each mirror without what is wanted; of several addresses of one name, one is enough."""
    found: dict[str, list[Finding]] = {}
    is_well: set[str] = set()
    for one, answer in zip(wanted, answers, strict=False):
        problem = _problem(one, answer)
        if problem:
            found.setdefault(one.name, []).append(
                Finding(host, "error" if one.is_needed else "warning", one.variable, *problem)
            )
        else:
            is_well.add(one.name)
    for name, findings in found.items():
        if name not in is_well:
            yield findings[0]


def _problem(wanted: Wanted, answer: Mapping[str, Any]) -> tuple[str, str] | None:
    """What was found, with how long it was waited for, and the remedy; None where it is well."""
    where = f"the mirror {wanted.name} at {wanted.url}"
    after = f"after {_seconds(answer['seconds'])}"
    other = f"Correct {wanted.variable}, or choose another mirror there; empty is the original."
    if answer["status"] is None:
        return f"{where} does not answer: {answer['said']}, {after}", other
    if answer["status"] not in LET_IN.get(wanted.name, (OK,)):
        return f"{where} answers {answer['status']} {answer['said']}, {after}".replace(" ,", ","), other
    if wanted.kind == "key":
        return _key_problem(wanted, answer, where, after)
    if wanted.kind == "apt":
        return _apt_problem(wanted, answer, where, after, other)
    return None


def _seconds(count: float) -> str:
    """In whole seconds, so that several hosts say the same."""
    return f"{count:.0f} s" if count >= 1 else "less than 1 s"


def _apt_problem(
    wanted: Wanted, answer: Mapping[str, Any], where: str, after: str, other: str
) -> tuple[str, str] | None:
    fields = answer["fields"]
    if not fields:
        begins = answer["begins"] or "nothing"
        return f"{where} answers, {after}, with what is no index of apt; it begins: {begins}", other
    date = f"of {fields['Date']}"
    if answer["is_expired"]:
        return f"{where} serves, {after}, an index {date} that was valid until {fields['Valid-Until']}", other
    if answer["missing"]:
        lacks = ", ".join(
            f"{name} {wanted.packages[name]} (its newest is {newest or 'none'})"
            for name, newest in answer["missing"].items()
        )
        return f"{where} serves, {after}, an index {date} that does not have {lacks}", other
    return None


def _key_problem(wanted: Wanted, answer: Mapping[str, Any], where: str, after: str) -> tuple[str, str] | None:
    remedy = f"Find out whose key this is; set {wanted.variable} to the address of the right one, or to a file."
    try:
        found = fingerprints(answer["text"].encode())
    except ValueError as error:
        return f"{where} serves, {after}, what is no usable key: {error}; it begins: {answer['begins']}", remedy
    if found != [wanted.fingerprint.replace(" ", "")]:
        said = f"the key {', '.join(found)}, and {wanted.variable}_fingerprint is {wanted.fingerprint}"
        return f"{where} serves, {after}, {said}", remedy
    return None
