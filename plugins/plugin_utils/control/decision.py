# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shared part of the actions that decide for all hosts of a play, from what was observed on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError


class DecisionAction(ActionBase):
    """Runs on the controller alone, once for all hosts; an error ends the play for all of them.

    A subclass names its role, and returns the decision from ``decide``.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    role = ""
    argument_spec: ClassVar[dict[str, Any]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=dict(self.argument_spec))[1]
        try:
            return {"changed": False, **self.decide(arguments, task_vars or {})}
        except ClusterError as error:
            return {"changed": False, "failed": True, "msg": error.message}

    def decide(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """The decision. Raises ClusterError where there can be none."""
        raise NotImplementedError

    def observed_hosts(
        self, variables: Mapping[str, Any]
    ) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
        """The name, the arguments of the role and the observation of each host of the batch that has both."""
        for name in variables["ansible_play_batch"]:
            of_host = variables["hostvars"][name]
            arguments, observed = (of_host.get(f"{self.role}_{what}") or {} for what in ("arguments", "observed"))
            if arguments and observed and not observed.get("skipped"):
                yield name, arguments, observed

    def read_text(self, address: str, variables: Mapping[str, Any]) -> str:
        """The text at a URL, or of a file of the controller. Raises PlanError where it cannot be read."""
        is_url = address.startswith(("http://", "https://"))
        name, options = ("url", {"split_lines": False}) if is_url else ("file", {})
        try:
            lookup = lookup_loader.get(f"ansible.builtin.{name}", loader=self._loader, templar=self._templar)
            return str(lookup.run([address], variables=variables, **options)[0])
        except AnsibleError as error:
            raise PlanError(str(error)) from error
