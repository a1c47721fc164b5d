# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the host's source files of apt to those with one repository of ours, and no second entry of the same one.

apt reads no source at all where two entries of one address and suite have different keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from .entries import Entry, entries, switched_off

BINARY = "deb"
# In the first line of a file that a role wrote, now and in earlier versions.
WRITTEN_BY_US = ("distrain.cluster", "ansible managed")


@dataclass(frozen=True)
class AptState:
    """The text of every source file by its path, that of the key file, and why apt cannot read the sources if so."""

    files: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    error: str = ""


def plan_source(state: AptState, params: Mapping[str, Any]) -> Plan:
    """One step that writes the files in its order, the other entries' before ours: apt can read them at any time.

    Raises PlanError before anything is written.
    """
    path, content = params["path"], params["content"]
    present = {**state.files, **({} if state.key is None else {params["key_path"]: state.key})}
    wanted = {params["key_path"]: params["key"], **_taken_over(state, params), path: content}
    changed = {one: text for one, text in wanted.items() if present.get(one) != text}
    if not changed:
        if state.error:
            raise PlanError(
                f"apt on this host can read none of its sources: {state.error} Repair them on the host first."
            )
        return Plan()
    return Plan((Step("write", changed),), {one: present.get(one, "") for one in changed}, changed)


def _taken_over(state: AptState, params: Mapping[str, Any]) -> dict[str, str]:
    """The other files with an entry of our repository, as they have to become. Raises PlanError where one has more."""
    own_path, architecture = params["path"], params["architecture"]
    ours = entries(own_path, params["content"], architecture)
    places = set().union(*(one.places() for one in ours))
    _refuse_others_in_our_file(state, params, places)
    found = {}
    for path, text in sorted(state.files.items()):
        same = [one for one in entries(path, text, architecture) if one.places() & places]
        if path == own_path or not same:
            continue
        for one in same:
            _refuse_more_than_ours(path, one, ours, params)
        reason = f"Out of use: {own_path} has this repository."
        found[path] = switched_off(path, text, {one.line for one in same}, reason)
    return found


def _refuse_others_in_our_file(state: AptState, params: Mapping[str, Any], places: set[tuple[str, str]]) -> None:
    path = params["path"]
    first_line = state.files.get(path, "").partition("\n")[0].lower()
    if any(word in first_line for word in WRITTEN_BY_US):
        # Whatever address the variable had then.
        return
    for one in entries(path, state.files.get(path, ""), params["architecture"]):
        if not one.places() <= places:
            raise PlanError(
                f"{path}, line {one.line}, names another repository ({_described(one)}), and this file is to hold "
                f"{params['variable']} alone. Nothing was changed: move that entry to a file of its own on the host."
            )


def _refuse_more_than_ours(path: str, other: Entry, ours: list[Entry], params: Mapping[str, Any]) -> None:
    covered = set().union(*(one.places() for one in ours))
    components = {component for one in ours for component in one.components}
    architectures = {architecture for one in ours for architecture in one.architectures} | {params["architecture"]}
    if (
        set(other.types) == {BINARY}
        and other.places() <= covered
        and set(other.components) <= components
        and set(other.architectures) <= architectures
    ):
        return
    raise PlanError(
        f"{path}, line {other.line}, names the repository of {params['variable']} too, with more than {params['path']} "
        f"would have ({_described(other)}), and apt reads no source at all where two entries of one repository have "
        "different keys. Nothing was changed: remove that entry on the host, or reduce it to what the host needs of it."
    )


def _described(one: Entry) -> str:
    words = [*one.types, *(f"[{architecture}]" for architecture in one.architectures)]
    return " ".join([*words, *one.uris, *one.suites, *one.components])
