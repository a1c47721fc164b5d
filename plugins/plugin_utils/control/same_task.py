# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the task that is running for one host would do for another one, by that host's own variables.

The task is read once more as it is written, and its loop, its conditions and its arguments are templated with what the
other host has for them, by the functions with which Ansible does so when it runs the task there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.executor.task_executor import TaskExecutor
from ansible.playbook.block import Block
from ansible.playbook.handler import Handler
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase

# All hosts of a batch are at the same task. With any other strategy, each goes on by itself.
_IN_STEP = ("linear", "debug")


class SameTask:
    """``validated`` returns arguments with their defaults, and raises AnsibleError where they are wrong."""

    def __init__(
        self,
        action: ActionBase,
        task_vars: Mapping[str, Any],
        validated: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        self._action = action
        self._task = action._task
        self._manager = task_vars["hostvars"]._variable_manager
        self._validated = validated

    @property
    def key(self) -> str:
        """What is done here: two hosts for which it is the same can be worked for at once."""
        return _key(self._validated(self._task.args), self._task.check_mode, self._task.diff)

    def times_for(self, host: str) -> int:
        """How often the host's loop, conditions and arguments come to the same; 0 where they cannot be templated."""
        try:
            return list(self._keys_of(host)).count(self.key)
        except Exception:
            # Its own task says what is wrong, if it is run; and another Ansible may lack what is used here.
            return 0

    def is_run_by_all(self) -> bool:
        """Whether every host of the batch comes to this task, so that only its own conditions can keep it from it.

        Not so in roles and included files, which a host may have left out, in handlers, and where a host may be in the
        rescue section of a block.
        """
        strategy = str(self._task.get_play().strategy).rpartition(".")[2]
        if strategy not in _IN_STEP or isinstance(self._task, Handler) or self._task._role is not None:
            return False
        above = self._task._parent
        while above is not None:
            may_differ = above.rescue if isinstance(above, Block) else not above.statically_loaded
            if may_differ:
                return False
            above = above._parent
        return True

    def _keys_of(self, host: str) -> Iterator[str]:
        """One for each time that the task runs for the host."""
        task = self._as_written()
        if task.delegate_to:
            return
        variables = self._variables_of(host, task)
        executor = TaskExecutor(
            self._manager._inventory.get_host(host),
            task,
            variables,
            self._action._play_context,
            self._action._loader,
            self._action._shared_loader_obj,
            None,
            self._manager,
        )
        items = executor._get_loop_items()
        for _item in _with_items(task, variables, items):
            if task._resolve_conditional(task.when, variables):
                one = task.copy(exclude_parent=True, exclude_tasks=True)
                one._parent = task._parent
                args, check_mode, diff = (
                    one.post_validate_attribute(name, templar=executor._task_templar)
                    for name in ("args", "check_mode", "diff")
                )
                yield _key(self._validated(args), check_mode, diff)

    def _as_written(self) -> Task:
        task = Task()
        task._parent, task._role = self._task._parent, self._task._role
        task.load_data(self._task.get_ds(), variable_manager=self._manager, loader=self._action._loader)
        return task

    def _variables_of(self, host: str, task: Task) -> dict[str, Any]:
        """As the strategy gets them. What the loop registers of an item is known to the host itself only."""
        there = self._manager._inventory.get_host(host)
        if there is None:
            raise AnsibleError(f"There is no host {host} in the inventory.")
        variables = dict(self._manager.get_vars(play=task.get_play(), host=there, task=task, include_hostvars=True))
        if task.loop is not None and task.register:
            variables.pop(task.register, None)
        return variables


def _with_items(task: Task, variables: dict[str, Any], items: list[Any] | None) -> Iterator[Any]:
    """Sets the variables of a loop, one item after the other; once where there is no loop."""
    if items is None:
        yield None
        return
    control = task.loop_control
    for index, item in enumerate(items):
        variables[control.loop_var] = item
        if control.index_var:
            variables[control.index_var] = index
        yield item


def _key(arguments: Mapping[str, Any], check_mode: Any, diff: Any) -> str:
    return json.dumps([arguments, bool(check_mode), bool(diff)], sort_keys=True, default=str)
