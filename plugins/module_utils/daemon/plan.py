# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the engine's configuration file as it is on a host to the one with a role's options, and a running engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from .record import (
    Record,
    held,
    parse_record,
    record_text,
    same,
    values_to_write,
    with_written,
    without_written,
)

# What the units of Docker's and of the distributions' packages start, for a host that has none of them yet.
PACKAGED_COMMAND = ("dockerd", "-H", "fd://")
SHORT_FLAGS = {"H": "hosts", "D": "debug", "l": "log-level", "G": "group", "s": "storage-driver", "b": "bridge"}
CONFIGURATION_FLAG = "config-file"


@dataclass(frozen=True)
class EngineHost:
    """What was found on the host.

    ``text`` and ``record`` are the contents of the configuration file (None for no file) and of the record beside it.
    ``command`` is what systemd starts, empty without a unit. ``work`` describes what a restart of the engine would end.
    """

    path: str
    text: str | None = None
    record: str = ""
    command: tuple[str, ...] = ()
    answers: bool = False
    work: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """The wanted file and record, and whether the engine has to be restarted for them."""

    text: str | None
    record: Record
    needs_restart: bool


def plan_engine(host: EngineHost, params: Mapping[str, Any]) -> Plan:
    """The steps to the wanted file and a running engine. Raises PlanError where they would do harm or cannot work."""
    change = planned_change(host, params)
    if change.needs_restart:
        _refuse_under_work(host, params)
        return Plan((Step("configure"),), _shown(host, host.text), _shown(host, change.text))
    if record_text(change.record) != host.record:
        return Plan((Step("record"),), {"record": host.record}, {"record": record_text(change.record)})
    if host.command and not host.answers:
        return Plan((Step("start"),), {"engine": "does not answer"}, {"engine": "answers"})
    return Plan()


def planned_change(host: EngineHost, params: Mapping[str, Any]) -> Change:
    """Return what has to be written. Raises PlanError where a file cannot be parsed or a flag of the unit conflicts."""
    owner, options = params["owner"], params["options"]
    _refuse_against_unit(host, params)
    record = _record(host)
    present = _configuration(host)
    base = without_written(present, record.of(owner))
    values = values_to_write(base, options)
    wanted = with_written(base, values)
    is_same = same(wanted, present)
    text = host.text if is_same else json.dumps(wanted, indent=2) + "\n"
    return Change(text, record.replaced(owner, values), not is_same or bool(record.unproven))


def record_while_unproven(host: EngineHost, change: Change, owner: str) -> Record:
    """The record to be kept until the engine has come up: both the former values and the new ones, and the way back."""
    record = parse_record(host.record)
    former = record.unproven or (host.text,)
    values = (*record.of(owner), *(one for one in change.record.of(owner) if one not in record.of(owner)))
    return record.replaced(owner, values, former)


def record_of_former(host: EngineHost, owner: str, former: str | None) -> Record:
    """The record that belongs to the former text, for an engine that was put back to it."""
    record = parse_record(host.record)
    return record.replaced(owner, held(_configuration(replace(host, text=former)), record.of(owner)))


def configuration_flags(command: Sequence[str]) -> dict[str, str]:
    """The keys of the configuration that the words of a command set by flags, each with its flag.

    A flag of a list bears the singular of its key.
    """
    found: dict[str, str] = {}
    for word in command[1:]:
        if word.startswith("--"):
            name = word[2:].split("=", 1)[0]
            plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
            found.update(dict.fromkeys((name, plural), f"--{name}"))
        elif word.startswith("-") and word[1:2] in SHORT_FLAGS:
            found[SHORT_FLAGS[word[1]]] = word[:2]
    return found


def other_configuration_file(command: Sequence[str]) -> str:
    """The configuration file that a command names; empty where it takes the usual one."""
    words = iter(command)
    for word in words:
        if word == f"--{CONFIGURATION_FLAG}":
            return next(words, "")
        if word.startswith(f"--{CONFIGURATION_FLAG}="):
            return word.split("=", 1)[1]
    return ""


def _refuse_against_unit(host: EngineHost, params: Mapping[str, Any]) -> None:
    command = host.command or PACKAGED_COMMAND
    variable, options = params["options_variable"], params["options"]
    started = f"systemd starts the engine as: {' '.join(command)}"
    flags = configuration_flags(command)
    for key in sorted(set(options) & set(flags)):
        raise PlanError(
            f"{variable} has the key {key}, and {flags[key]} sets the same on the engine's command line ({started}). "
            f"An engine that is given both does not start. Nothing was changed: take {key} out of {variable}, or "
            "change the unit on the host (systemctl edit docker.service)."
        )
    other = other_configuration_file(command)
    if options and other and other != host.path:
        raise PlanError(
            f"The engine of this host reads {other} and not {host.path} ({started}), so that {variable} would have no "
            "effect. Nothing was changed: change the unit on the host (systemctl edit docker.service)."
        )


def _refuse_under_work(host: EngineHost, params: Mapping[str, Any]) -> None:
    if host.work and not params["restart_under_work"]:
        raise PlanError(
            f"{host.path} has to change, which restarts the engine, and a restart ends what runs on this host: "
            f"{', '.join(host.work)}. Nothing was changed: wait until it has ended or stop it, or set "
            f"{params['restart_variable']} to true to end it."
        )


def _record(host: EngineHost) -> Record:
    try:
        return parse_record(host.record)
    except ValueError as error:
        raise PlanError(
            f"{host.path}.distrain cannot be read: {error}. Remove that file, and all keys in {host.path} count as the "
            "host's own from then on."
        ) from error


def _configuration(host: EngineHost) -> dict[str, Any]:
    try:
        content = json.loads(host.text) if host.text and host.text.strip() else {}
    except ValueError as error:
        raise PlanError(f"{host.path} is not valid JSON ({error}). Repair it on the host first.") from error
    if not isinstance(content, dict):
        raise PlanError(f"{host.path} does not hold a JSON object. Repair it on the host first.")
    return content


def _shown(host: EngineHost, text: str | None) -> dict[str, str]:
    return {host.path: text or ""}
