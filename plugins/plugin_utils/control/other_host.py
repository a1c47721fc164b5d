# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a module on another host of the inventory, from inside an action plugin.

The connection is the one of C(delegate_to): by the other host's own address, port, user, key and become variables, with
what the play, the block and the task set on top.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.playbook.play_context import PlayContext
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import action_loader, become_loader, connection_loader
from ansible.template import Templar


class OtherHost:
    """One host of the inventory; its connection is opened for the first module and reused for the next ones."""

    def __init__(self, action: ActionBase, host_name: str, task_vars: Mapping[str, Any]) -> None:
        self.name = host_name
        self._action = action
        self._variables = self._read_variables(task_vars)
        self._own_variables = task_vars
        self._templar = Templar(loader=action._loader, variables=self._variables)
        self._play_context: Any = None
        self._connection: Any = None

    def run_module(
        self,
        module_name: str,
        arguments: Mapping[str, Any],
        python: str | None = None,
        check_mode: bool | None = None,
        allow_failure: bool = False,
        no_log: bool = False,
    ) -> dict[str, Any]:
        """Run the module and return its result.

        ``python`` is the interpreter to use instead of the host's ansible_python_interpreter. With
        ``check_mode`` None that of the task counts. ``no_log`` keeps the result out of the connection's log. Raise
        AnsibleActionFail where the host is unreachable or, unless ``allow_failure``, where the module fails.
        """
        task = self._task_for(module_name, arguments, check_mode)
        task.no_log = task.no_log or no_log
        try:
            if self._connection is None:
                self._connect(task)
            self._play_context.no_log = task.no_log
            result = self._handler(task).run(task_vars=self._variables_with(python))
        except AnsibleConnectionFailure as error:
            raise AnsibleActionFail(f"Host {self.name} cannot be reached: {error.message}") from error
        except AnsibleError as error:
            raise AnsibleActionFail(f"{module_name} could not be run on host {self.name}: {error.message}") from error
        if result.get("failed") and not allow_failure:
            message = result.get("msg") or result.get("module_stderr") or "it failed without a message"
            raise AnsibleActionFail(f"{module_name} failed on host {self.name}: {message}")
        return result

    def prepare_connection(self) -> Any:
        """Return the connection plugin with its options set, without connecting."""
        if self._connection is None:
            self._connect(self._task_for("ansible.builtin.ping", {}, None))
        return self._connection

    def known_addresses(self) -> list[str]:
        """Return the host's addresses by the inventory and earlier facts, without connecting."""
        facts = self._variable("ansible_facts") or {}
        named = self._variable("ansible_host")
        return [*([named] if named else []), *facts.get("all_ipv4_addresses", []), *facts.get("all_ipv6_addresses", [])]

    @property
    def connection(self) -> Any:
        """Return the connection plugin with its options set, or None before the first module."""
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read_variables(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables that this task would have if it were run for the other host."""
        manager = task_vars["hostvars"]._variable_manager
        host = manager._inventory.get_host(self.name)
        if host is None:
            raise AnsibleActionFail(f"There is no host {self.name} in the inventory.")
        task = self._action._task
        return dict(manager.get_vars(play=task.get_play(), host=host, task=task, include_hostvars=True))

    def _variables_with(self, python: str | None) -> dict[str, Any]:
        return {**self._variables, "ansible_python_interpreter": python} if python else self._variables

    def _task_for(self, module_name: str, arguments: Mapping[str, Any], check_mode: bool | None) -> Any:
        own = self._action._task
        task = own.copy(exclude_parent=True, exclude_tasks=True)
        task._parent = own._parent
        task.action = module_name
        task.args = dict(arguments)
        task.delegate_to = None
        task.async_val = 0
        if check_mode is not None:
            task.check_mode = check_mode
        return task

    def _connect(self, task: Any) -> None:
        context = PlayContext(
            play=task.get_play(),
            passwords=self._passwords_of_the_command_line(),
            connection_lockfd=self._action._play_context.connection_lockfd,
        )
        context = context.set_task_and_variable_override(task=task, variables=self._variables, templar=self._templar)
        context.post_validate(templar=self._templar)
        context.remote_addr = context.remote_addr or self.name
        kind = self._variable("ansible_connection") or task.connection
        context.connection = kind
        connection = connection_loader.get(
            kind, context, new_stdin=None, task_uuid=task._uuid, ansible_playbook_pid=str(os.getppid())
        )
        if connection is None:
            raise AnsibleError(f"there is no connection plugin {kind}")
        self._set_options(connection, task, context)
        self._connection, self._play_context = connection, context

    def _set_options(self, connection: Any, task: Any, context: Any) -> None:
        keys = task.dump_attrs()
        # These two mean other things on a task than on a connection.
        del keys["retries"]
        keys["timeout"] = context.timeout
        if context.password:
            keys["password"] = context.password
        become = self._become_plugin(task)
        connection.set_become_plugin(become)
        connection.set_options(task_keys=keys, var_options=self._options_of("connection", connection))
        connection._shell.set_options(task_keys=keys, var_options=self._options_of("shell", connection._shell))
        if become is None:
            return
        context.set_become_plugin(become.name)
        if context.become_pass:
            keys["become_pass"] = context.become_pass
        become.set_options(task_keys=keys, var_options=self._options_of("become", become))

    def _become_plugin(self, task: Any) -> Any:
        wanted = self._variable("ansible_become")
        if not (task.become if wanted is None else boolean(wanted)):
            return None
        method = self._variable("ansible_become_method") or task.become_method
        plugin = become_loader.get(method)
        if plugin is None:
            raise AnsibleError(f"there is no become plugin {method}")
        return plugin

    def _options_of(self, kind: str, plugin: Any) -> dict[str, Any]:
        names = constants.config.get_plugin_vars(kind, plugin._load_name)
        return {name: self._variable(name) for name in names if name in self._variables}

    def _variable(self, name: str) -> Any:
        return self._templar.template(self._variables[name]) if name in self._variables else None

    def _passwords_of_the_command_line(self) -> dict[str, str]:
        """Return the passwords that the user typed, not those of the task's own host."""
        context = self._action._play_context
        mapping = constants.MAGIC_VARIABLE_MAPPING
        own = {key: any(name in self._own_variables for name in mapping[key]) for key in ("password", "become_pass")}
        return {
            "conn_pass": "" if own["password"] else context.password or "",
            "become_pass": "" if own["become_pass"] else context.become_pass or "",
        }

    def _handler(self, task: Any) -> Any:
        return action_loader.get(
            "ansible.legacy.normal",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._action._loader,
            templar=self._templar,
            shared_loader_obj=None,
        )
