# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The base of the actions that decide once for all hosts of a play, on the controller."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import section_of, with_page


def hosts_left(variables: Mapping[str, Any], role: str) -> list[str]:
    """Return the hosts of the play that take part in this run of a role.

    Where one host has failed, Ansible also leaves those out of ``ansible_play_hosts`` that it only stopped for that,
    although a C(rescue) goes on with them. By their arguments they have come as far as this host.
    """
    run = (variables.get(f"{role}_arguments") or {}).get("run")
    left = set(variables["ansible_play_hosts"])

    def is_here(host: str) -> bool:
        arguments = variables["hostvars"].raw_get(host).get(f"{role}_arguments") or {}
        return run is not None and arguments.get("run") == run

    return [host for host in variables["ansible_play_hosts_all"] if host in left or is_here(host)]


class PlayVariables:
    """What the hosts of a play have registered; ``hosts`` are all of them, ``left`` those that have not failed."""

    def __init__(self, task_vars: Mapping[str, Any], role: str = "") -> None:
        self.own = task_vars
        self.hosts: list[str] = list(task_vars["ansible_play_hosts_all"])
        self.left: list[str] = hosts_left(task_vars, role) if role else list(task_vars["ansible_play_hosts"])
        self.groups: Mapping[str, list[str]] = task_vars["groups"]
        self._by_host: dict[str, Mapping[str, Any]] = {}

    def of(self, host: str) -> Mapping[str, Any]:
        """The variables of a host, as they are written or were registered: nothing in them is templated."""
        if host not in self._by_host:
            self._by_host[host] = self.own["hostvars"].raw_get(host)
        return self._by_host[host]

    def variables(self, host: str) -> Mapping[str, Any]:
        """The variables of a host, each templated when it is read."""
        return self.own["hostvars"][host]

    def registered(self, name: str) -> dict[str, Mapping[str, Any]]:
        """What each host has registered under a name; empty for a host that has nothing of this name."""
        return {host: self.of(host).get(name) or {} for host in self.hosts}

    def observed(self, role: str) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
        """Yield the name, the arguments and the observation of each host of the batch that has both for a role."""
        for name in self.own["ansible_play_batch"]:
            arguments, observed = (self.of(name).get(f"{role}_{what}") or {} for what in ("arguments", "observed"))
            if arguments and observed and not observed.get("skipped"):
                yield name, arguments, observed

    @property
    def managers(self) -> list[str]:
        return list(self.groups.get("managers", []))


class PlayDecision(ActionBase):
    """Runs on the controller alone, and changes nothing there but a report in a file.

    A subclass decides in ``decide``. What it raises as ClusterError fails the task, and with run_once the play.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    argument_spec: ClassVar[Mapping[str, Any]] = {}
    # Its name, where it matters which hosts have failed before.
    role: ClassVar[str] = ""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=dict(self.argument_spec))[1]
        try:
            result = {"changed": False, **self.decide(arguments, PlayVariables(task_vars or {}, self.role))}
        except ClusterError as error:
            result = {"changed": False, "failed": True, "msg": error.message, **error.details}
        if result.get("failed"):
            result["msg"] = with_page(result["msg"], section_of(self._task.action))
        return result

    @abstractmethod
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        """The decision."""

    def show(self, lines: list[str]) -> None:
        """Print lines for a person."""
        if lines:
            Display().display("\n".join(lines))

    def read_text(self, address: str, variables: Mapping[str, Any]) -> str:
        """Return the text at a URL, or of a file of the controller. Raises PlanError where it cannot be read."""
        is_url = address.startswith(("http://", "https://"))
        name, options = ("url", {"split_lines": False}) if is_url else ("file", {})
        try:
            lookup = lookup_loader.get(f"ansible.builtin.{name}", loader=self._loader, templar=self._templar)
            return str(lookup.run([address], variables=variables, **options)[0])
        except AnsibleError as error:
            raise PlanError(str(error)) from error

    def kept(self, directory: str, name: str) -> dict[str, Any]:
        """Return what ``keep`` has written, empty where there is nothing; raise PlanError where it cannot be read."""
        path = Path(directory).expanduser() / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise PlanError(f"{path} cannot be read on the controller: {error}. Correct or remove it.") from error

    def keep(self, directory: str, name: str, value: Any) -> None:
        """Write a report as JSON into a directory on the controller; nothing in check mode or without a directory."""
        if not directory or self._task.check_mode:
            return
        path = Path(directory).expanduser() / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            path.write_text(json.dumps(value, indent=4, sort_keys=True, default=str) + "\n")
            path.chmod(0o644)
        except OSError as error:
            raise AnsibleActionFail(f"{path} cannot be written on the controller: {error}.") from error
