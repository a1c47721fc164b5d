# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's configuration file on this host: observe it, change it, and put it back where the engine does not start.

The file, the record beside it, and the engine are always left in one of two states: as they were, or as wanted with an
engine that answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from ..base.plan import Step
from ..engine.client import EngineClient
from ..files.whole_file import read_whole, write_whole
from .plan import Change, EngineHost, planned_change, record_of_former, record_while_unproven
from .record import parse_record, record_text
from .running_work import running_work
from .unit import EngineUnit

RECORD_SUFFIX = ".distrain"
FILE_MODE = 0o644
RECORD_MODE = 0o600


class DaemonFiles:
    """The configuration file and the record of what the roles wrote in it."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.record = Path(path + RECORD_SUFFIX)
        self.candidate = Path(path + RECORD_SUFFIX + "-candidate")

    def write_record(self, text: str) -> None:
        write_whole(self.record, text or None, RECORD_MODE)

    def write(self, text: str | None) -> None:
        write_whole(self.path, text, FILE_MODE)


def observe_engine_host(params: Mapping[str, Any]) -> EngineHost:
    files, unit = DaemonFiles(params["path"]), EngineUnit(params["docker_socket"])
    return EngineHost(
        path=params["path"],
        text=read_whole(files.path),
        record=read_whole(files.record) or "",
        command=unit.command(),
        answers=unit.answers(),
        work=running_work(EngineClient(params["docker_socket"]).get),
    )


def apply_step(step: Step, host: EngineHost, params: Mapping[str, Any]) -> None:
    """Carry out one step of the plan. Raises ClusterError where the engine does not come up."""
    files, unit = DaemonFiles(params["path"]), EngineUnit(params["docker_socket"])
    if not host.command:
        raise ClusterError(
            "systemd on this host has no unit docker.service: the engine cannot be configured or started."
        )
    change = planned_change(host, params)
    if step.verb == "record":
        files.write_record(record_text(change.record))
    elif step.verb == "start":
        _start(unit, host, params)
    else:
        _configure(files, unit, host, change, params)


def _start(unit: EngineUnit, host: EngineHost, params: Mapping[str, Any]) -> None:
    reason = unit.why_not_up("start", params["timeout"])
    if reason:
        raise ClusterError(
            f"The engine of this host does not come up: {_sentence(reason)} Its configuration file is {host.path}; "
            "journalctl -u docker says more. Nothing was changed."
        )


def _configure(
    files: DaemonFiles, unit: EngineUnit, host: EngineHost, change: Change, params: Mapping[str, Any]
) -> None:
    _validate(files, unit, host, change, params)
    # In this order: what a run leaves that is cut off at any place is put right by the next one.
    files.write_record(record_text(record_while_unproven(host, change, params["owner"])))
    try:
        files.write(change.text)
    except ClusterError:
        files.write_record(host.record)
        raise
    reason = unit.why_not_up("restart", params["timeout"])
    if reason:
        raise ClusterError(_put_back(files, unit, host, reason, params))
    files.write_record(record_text(change.record))


def _validate(
    files: DaemonFiles, unit: EngineUnit, host: EngineHost, change: Change, params: Mapping[str, Any]
) -> None:
    if change.text is None:
        return
    write_whole(files.candidate, change.text, RECORD_MODE)
    try:
        refusal = unit.refused_configuration(host.command, files.candidate)
    finally:
        write_whole(files.candidate, None, RECORD_MODE)
    if refusal:
        raise ClusterError(
            f"{host.path} was not changed, since the engine does not accept what it would hold: {_sentence(refusal)} "
            f"Correct {params['options_variable']}, or the file where it was edited by hand."
        )


def _put_back(files: DaemonFiles, unit: EngineUnit, host: EngineHost, reason: str, params: Mapping[str, Any]) -> str:
    """Put the former file back, restart the engine with it, and return the error message."""
    record = parse_record(host.record)
    former = record.unproven[0] if record.unproven else host.text
    files.write(former)
    again = unit.why_not_up("restart", params["timeout"])
    files.write_record(record_text(record_of_former(host, params["owner"], former)))
    outcome = f"it does not come up with that either: {again}" if again else "it answers again"
    return (
        f"The engine did not come up with {host.path} as {params['options_variable']} wants it: {_sentence(reason)} "
        f"The file was put back as it was and the engine restarted; {outcome}. "
        f"Correct {params['options_variable']}; journalctl -u docker on this host says more."
    )


def _sentence(reason: str) -> str:
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."
