# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validate and convert the variables of a role; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import with_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.role import (
    Option,
    Ranges,
    convert,
    options_of,
    without_prefix,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.trainer_preset import preset_files, with_preset

ARGUMENTS = {"entry_point": {"type": "str", "default": "main"}}
# How often a default may depend on another default.
MAX_DEPTH = 5


class ActionModule(ActionBase):
    """Runs on the controller alone, for each host with that host's variables."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        given = task_vars or {}
        entry_point = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]["entry_point"]
        if "role_path" not in given:
            raise AnsibleActionFail("role_arguments is the first task of a role, and has no meaning outside of one.")
        try:
            options = options_of(self._read(given, "argument_specs.yml")["argument_specs"], entry_point)
            variables = self._with_preset(given)
        except PlanError as error:
            raise AnsibleActionFail(error.message) from error
        arguments, problems = self._arguments(options, self._read(variables, "argument_ranges.yml"), variables)
        if problems:
            return {
                "changed": False,
                "failed": True,
                "msg": with_page(_message(variables, options, problems), "arguments"),
            }
        result = {"changed": False, **without_prefix(variables["role_name"], arguments), "run": self._task._uuid}
        if any(option.get("no_log") for option in options.values()):
            result["_ansible_no_log"] = True
        return result

    def _read(self, variables: Mapping[str, Any], name: str) -> Any:
        path = Path(variables["role_path"], "meta", name)
        return (self._loader.load_from_file(str(path), cache="none") or {}) if path.is_file() else {}

    def _with_preset(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        Return the variables with the values of the trainer's files, which win over the inventory and the play.

        Those of the task, of the role's use in a play and of the command line win over them. Raise PlanError.
        """
        trainer = self._templar.template(variables.get("trainer")) or ""
        preset: dict[str, Any] = {}
        for file in preset_files(str(trainer), str(variables.get("inventory_dir") or "")):
            values = self._loader.load_from_file(str(file), trusted_as_template=True) or {}
            if not isinstance(values, Mapping):
                raise PlanError(f"{file} describes a trainer, and has to hold variables, each as NAME: VALUE.")
            preset |= values
        role = self._task._role
        stronger = {**role.get_role_params(), **role.vars, **self._task.get_vars(), **load_extra_vars(self._loader)}
        return with_preset(variables, preset, stronger.keys())

    def _arguments(
        self, options: Mapping[str, Option], ranges: Ranges, variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the arguments and the problems; defaults are computed from the converted arguments."""
        arguments: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for _depth in range(MAX_DEPTH):
            before = arguments
            values, undefined = self._values(options, variables, before)
            arguments, unusable = convert(options, ranges, values)
            problems = {**undefined, **unusable}
            if arguments == before:
                break
        return arguments, problems

    def _values(
        self, options: Mapping[str, Option], variables: Mapping[str, Any], arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the value of each variable on this host, and a problem for each that cannot be computed."""
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        templar = self._templar.copy_with_new_env(available_variables={**variables, **arguments})
        for name, option in options.items():
            # Those of the entry point main are in the role's defaults, and of others in the spec alone.
            if name not in variables and "default" not in option:
                continue
            try:
                values[name] = templar.template(variables.get(name, option.get("default")))
            except AnsibleError as error:
                problems[name] = f"{name}: its value cannot be computed: {error.message}."
        return values, problems


def _message(variables: Mapping[str, Any], options: Mapping[str, Option], problems: Mapping[str, str]) -> str:
    """Return all problems with the source of each value, without those that follow from another one."""
    sources = {name: "" if options[name].get("no_log") else _source(variables.get(name)) for name in problems}
    own = [name for name in problems if not any(other in sources[name] for other in problems if other != name)]
    return "\n".join(
        [
            f"Host {variables['inventory_hostname']} has variables that the role {variables['role_name']} cannot use. "
            "Correct them in the inventory, in the play or on the command line.",
            *(f"{problems[name]}{sources[name]}" for name in own or problems),
        ]
    )


def _source(value: Any) -> str:
    return f" It is computed from {value}." if isinstance(value, str) and "{{" in value else ""
