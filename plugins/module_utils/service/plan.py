# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a small service as it is on a host to the service as it is wanted: its files, and its systemd unit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..base.plan import Plan, Step

FILE_MODE = 0o644
UNITS = "/etc/systemd/"


@dataclass(frozen=True)
class ServiceFile:
    """A file of the service, all of it; it belongs to root."""

    content: str
    mode: int

    def as_facts(self) -> dict[str, str]:
        """Without its content, which only its digest stands for."""
        return {"sha256": digest(self.content), "mode": f"{self.mode:04o}"}


@dataclass(frozen=True)
class ServiceState:
    """The service on the host: the files that exist, and the state of the unit."""

    files: Mapping[str, ServiceFile]
    is_known: bool = False
    is_active: bool = False
    is_enabled: bool = False
    needs_reload: bool = False
    is_effective: bool = True

    def as_facts(self) -> dict[str, Any]:
        """As C(host_info) returns it."""
        return {**asdict(self), "files": {path: file.as_facts() for path, file in self.files.items()}}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> ServiceState:
        """Read back what C(host_info) returned; the digest of each file takes the place of its content."""
        files = {path: ServiceFile(one["sha256"], int(one["mode"], 8)) for path, one in facts["files"].items()}
        return cls(**{**facts, "files": files})


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def differing_services(observed: Mapping[str, Any] | None, services: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of those services on which C(host_service) has something to do, by its own plan.

    ``observed`` is what C(host_info) has returned as services; one that was not looked at counts as different.
    """
    known = observed or {}
    return [one["name"] for one in services if one["name"] not in known or _differs(known[one["name"]], one)]


def _differs(facts: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    files = [{**one, "content": digest(one.get("content", ""))} for one in params["files"]]
    return plan_service(ServiceState.from_facts(facts), {**params, "files": files}).changes


def wanted_files(params: Mapping[str, Any]) -> dict[str, ServiceFile]:
    """The files by their paths; none where the service is not wanted."""
    if params["state"] == "absent":
        return {}
    return {one["path"]: ServiceFile(one["content"], FILE_MODE) for one in params["files"]}


def plan_service(state: ServiceState, params: Mapping[str, Any]) -> Plan:
    steps = _steps_to_remove(state) if params["state"] == "absent" else _steps_to_make(state, params)
    wanted = wanted_files(params)
    service = "active, enabled" if wanted else ""
    return Plan(
        tuple(steps),
        before={**_contents(state.files), "service": _describe(state)},
        after={**_contents(wanted), "service": service if steps else _describe(state)},
    )


def _steps_to_make(state: ServiceState, params: Mapping[str, Any]) -> list[Step]:
    different = [path for path, file in wanted_files(params).items() if state.files.get(path) != file]
    steps = [Step("write", {"path": path}) for path in different]
    # Only where it must be: it has been seen to take GPUs away from running containers.
    if state.needs_reload or any(path.startswith(UNITS) for path in different):
        steps.append(Step("reload_systemd"))
    if not state.is_enabled:
        steps.append(Step("enable"))
    if steps or not state.is_active or not state.is_effective:
        steps.append(Step("apply"))
    return steps


def _steps_to_remove(state: ServiceState) -> list[Step]:
    steps = []
    if state.is_known and (state.is_active or state.is_enabled):
        steps.append(Step("stop_and_disable"))
    steps += [Step("remove", {"path": path}) for path in state.files]
    if any(path.startswith(UNITS) for path in state.files):
        steps.append(Step("reload_systemd"))
    return steps


def _contents(files: Mapping[str, ServiceFile]) -> dict[str, str]:
    return {path: file.content for path, file in files.items()}


def _describe(state: ServiceState) -> str:
    if not state.is_known:
        return ""
    words = ["active" if state.is_active else "not active", "enabled" if state.is_enabled else "not enabled"]
    return ", ".join(words if state.is_effective else [*words, "without effect"])
