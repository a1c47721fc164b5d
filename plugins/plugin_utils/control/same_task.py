# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predict how the task that runs for one host will run for another one, by that host's variables.

The task is loaded again from its source, and its loop, conditions and arguments are templated with the other host's
variables, by the functions that Ansible itself uses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.playbook.block import Block
from ansible.playbook.handler import Handler
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.template import Templar

# Strategies in which all hosts of a batch run the same task.
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
        """Return what identifies the work: hosts with the same key can share one pass."""
        return _key(self._validated(self._task.args), self._task.check_mode, self._task.diff)

    def times_for(self, host: str) -> int:
        """Return how often the task will run for the host with this key; 0 where it cannot be templated."""
        try:
            return list(self._keys_of(host)).count(self.key)
        except Exception:
            # The host's own task reports what is wrong; and another version of Ansible may lack what is used here.
            return 0

    def is_run_by_all(self) -> bool:
        """Whether every host of the batch comes to this task, apart from the task's own conditions.

        That is not certain in roles and included files, in handlers, and below a block with a rescue section.
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
        """Yield the key of each time that the task runs for the host."""
        task = self._as_written()
        if task.delegate_to:
            return
        task.squash()
        variables = self._variables_of(host, task)
        templar = self._action._templar.copy_with_new_env(available_variables=variables)
        for _item in _with_items(task, variables, self._items(task, templar, variables)):
            if task._resolve_conditional(task.when, variables):
                one = task.copy(exclude_parent=True, exclude_tasks=True)
                one._parent = task._parent
                args, check_mode, diff = (
                    one.post_validate_attribute(name, templar=templar._engine)
                    for name in ("args", "check_mode", "diff")
                )
                yield _key(self._validated(args), check_mode, diff)

    def _items(self, task: Task, templar: Templar, variables: dict[str, Any]) -> list[Any] | None:
        """Return the items of the task's loop; None without a loop."""
        if task.loop is None:
            return None
        items = templar.template(task.loop)
        if not task.loop_with:
            return items
        lookup = self._action._shared_loader_obj.lookup_loader.get(task.loop_with, loader=task._loader, templar=templar)
        return lookup.run(items if isinstance(items, list) else [items], variables=variables)

    def _as_written(self) -> Task:
        task = Task()
        task._parent, task._role = self._task._parent, self._task._role
        task.load_data(self._task.get_ds(), variable_manager=self._manager, loader=self._action._loader)
        return task

    def _variables_of(self, host: str, task: Task) -> dict[str, Any]:
        """Return the variables as the strategy gets them, without the result that a loop registers."""
        there = self._manager._inventory.get_host(host)
        if there is None:
            raise AnsibleError(f"There is no host {host} in the inventory.")
        variables = dict(self._manager.get_vars(play=task.get_play(), host=there, task=task, include_hostvars=True))
        if task.loop is not None and task.register:
            variables.pop(task.register, None)
        variables["ansible_search_path"] = [*task.get_search_path(), self._action._loader.get_basedir()]
        return variables


def _with_items(task: Task, variables: dict[str, Any], items: list[Any] | None) -> Iterator[Any]:
    """Set the loop variables for one item after the other; yield once without a loop."""
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
