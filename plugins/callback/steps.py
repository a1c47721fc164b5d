# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run changed, said and failed with, a line each; all else goes to a file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: steps
type: stdout
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: One line for each task that changed something, and the full log in a file
description:
  - Prints one line for each task that changed something, with the time since the start, the hosts and how long it took.
    Tasks that changed nothing, includes and skipped tasks are not printed.
    Short tasks that follow each other on the same hosts share a line.
  - Messages of M(ansible.builtin.debug) and tables are printed as text. The same message or error of several hosts is
    printed once.
  - An error is printed whole, what to do first. Of an error in a block with a C(rescue), where the play goes on, the
    first line is printed.
  - On a terminal progress is shown in place. A log gets one line for each tenth of what is done.
  - Everything that P(ansible.builtin.default#callback) prints goes to C(PLAYBOOK.log) in the directory of the artifacts
    (see P(distrain.cluster.artifacts_directory#lookup)), which is named at the end. The next run of the same playbook
    replaces it. Its mode is C(0600).
  - What playbooks set for the whole run by M(ansible.builtin.set_stats) is printed at the end, each name as a heading
    with its lines, so that a playbook can say what it made and what can be run next.
  - With C(-v) and more the output is that of P(ansible.builtin.default#callback).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - Set as C(stdout_callback) in C(ansible.cfg), or as E(ANSIBLE_STDOUT_CALLBACK).
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible import constants, context
from ansible.errors import AnsibleError
from ansible.plugins.callback.default import CallbackModule as DefaultCallback
from ansible.template import Templar
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.artifacts import of_this_run
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.commands import as_typed
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps import record as kinds
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.ending import result_lines, verdict
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.full_log import FullLog
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.output import LogDisplay, Output
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.record import TaskRecord, error_text, message_text
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.words import clock

_DEBUG = ("debug", "ansible.builtin.debug", "ansible.legacy.debug")
_COLOURS = {
    kinds.CHANGED: "COLOR_CHANGED",
    kinds.FAILED: "COLOR_ERROR",
    kinds.REMEDY: "COLOR_ERROR",
    kinds.UNREACHABLE: "COLOR_UNREACHABLE",
    kinds.HANDLED: "COLOR_WARN",
}


class CallbackModule(DefaultCallback):
    """The default callback, whose output goes to a file, and a shorter one for the screen.

    What the screen shows of an event is taken before the default callback gets it, which removes parts of results.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "distrain.cluster.steps"

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._is_short = Display().verbosity == 0
        self._log = FullLog()
        self._output = Output(Display(), self._log, self._is_short)
        if self._is_short:
            self._display = LogDisplay(Display())
        self._playbook = ""
        self._record: TaskRecord | None = None
        self._failed_items: dict[str, list[str]] = {}
        self._held: TaskRecord | None = None
        self._changing = 0

    # Playbooks, plays and the beginnings of tasks

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._playbook = self._playbook or Path(playbook._file_name).stem
        super().v2_playbook_on_start(playbook)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._end_task()
        self._output.say_held()
        if self._is_short:
            self._output.heading = play.get_name().strip()
        super().v2_playbook_on_play_start(play)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        if self._is_short:
            self._output.say("No host of the inventory is one of this play.", constants.COLOR_SKIP)
        super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._begin_task(task)
        super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._begin_task(task)
        super().v2_playbook_on_handler_task_start(task)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        if self._log.path is None:
            self._open_log(self._chosen_directory(host, task))
        super().v2_runner_on_start(host, task)

    # Results

    def v2_runner_on_ok(self, result: Any) -> None:
        self._take_ok(result)
        super().v2_runner_on_ok(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        record = self._record
        if record and not ignore_errors:
            record.ended = self._now()
            texts = record.handled if _is_rescued(result.task) else record.failures
            for one in self._failed_parts(result):
                record.add(texts, one, _where(self.host_label(result)))
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        # Whether the error is ignored is said with the result of the whole loop.
        text = error_text(result.result, self._get_item_label(result.result))
        self._failed_items.setdefault(result.host.get_name(), []).append(text)
        super().v2_runner_item_on_failed(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        if self._record and not result.task.ignore_unreachable:
            self._record.ended = self._now()
            self._record.add(self._record.unreachable, error_text(result.result), _where(self.host_label(result)))
        super().v2_runner_on_unreachable(result)

    def v2_on_file_diff(self, result: Any) -> None:
        if self._record:
            for part in _parts(result.result):
                if part.get("diff") and part.get("changed"):
                    diff = self._get_diff(part["diff"])
                    if diff:
                        self._record.add(self._record.diffs, diff, result.host.get_name())
        super().v2_on_file_diff(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._end_task()
        self._output.say_held()
        super().v2_playbook_on_stats(stats)
        if self._log.path is None:
            self._open_log("")
        self._output.heading = ""
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        failed = [host for host, counts in hosts.items() if counts["failures"]]
        unreachable = [host for host, counts in hosts.items() if counts["unreachable"]]
        seconds = time.monotonic() - self._began
        last = verdict(seconds, self._changing, failed, unreachable, bool(context.CLIARGS.get("check")))
        log = (
            self._log.problem or f"The full log is in {as_typed(self._log.path, Path.cwd()) if self._log.path else ''}"
        )
        results = result_lines(stats.custom.get("_run", {}), _as_yaml)
        if results:
            self._output.say("\n".join(["", *results]))
        self._output.say(f"{last} {log}", constants.COLOR_ERROR if failed or unreachable else constants.COLOR_OK)

    # Inside

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _begin_task(self, task: Any) -> None:
        self._end_task()
        self._failed_items.clear()
        if self._is_short:
            name = (task.name or task.get_name()).strip()
            now = self._now()
            self._record = TaskRecord(name, now, task.get_path() or "", bool(task.check_mode), now)
            self._output.screen.status(f"{clock(now):>7}  {name} …")

    def _end_task(self) -> None:
        record, self._record = self._record, None
        if not record:
            return
        self._output.screen.end()
        self._changing += bool(record.changed)
        if record.can_be_joined():
            self._hold(record)
            return
        for text, kind in record.lines():
            self._output.say(text, _colour(kind))

    def _hold(self, record: TaskRecord) -> None:
        """Keep the line of a short task back, for those that follow it may share it."""
        joined = self._held.joined_with(record) if self._held and self._output.held else None
        if not joined:
            self._output.say_held()
        self._held = joined or record
        ((text, kind),) = self._held.lines()
        self._output.hold(text, _colour(kind))

    def _take_ok(self, result: Any) -> None:
        record = self._record
        if not record:
            return
        parts = _parts(result.result)
        record.ended = self._now()
        if result.result.get("changed"):
            record.changed.append(_where(self.host_label(result)))
            if "results" in result.result:
                record.items += sum(bool(part.get("changed")) for part in parts)
        if result.task.action in _DEBUG:
            for part in parts:
                text = message_text(part, _as_yaml)
                if text and not part.get("skipped"):
                    record.add(record.messages, text, result.host.get_name())

    def _failed_parts(self, result: Any) -> list[str]:
        """Return what each item of a loop that failed says, or the task without a loop."""
        return self._failed_items.pop(result.host.get_name(), None) or [error_text(result.result)]

    def _chosen_directory(self, host: Any, task: Any) -> str:
        """Return the value of the variable for the directory of the artifacts, where somebody has set it."""
        # The task that gathers facts has neither.
        variables = self._play.get_variable_manager().get_vars(play=self._play, host=host, task=task)
        if "artifacts_directory" not in variables:
            return ""
        try:
            return str(Templar(self._play.get_loader(), variables).template(variables["artifacts_directory"]) or "")
        except AnsibleError:
            # The role that reads it says what is wrong with it.
            return ""

    def _open_log(self, chosen: str) -> None:
        try:
            self._log.open(of_this_run(chosen) / f"{self._playbook or 'playbook'}.log")
        except PlanError as error:
            self._log.problem = error.message


def _where(label: str) -> str:
    """Return on which host a task ran, and for which other one unless each item of its loop has another one."""
    host, _arrow, other = label.partition(" -> ")
    return host if "{{" in other else label


def _colour(kind: str) -> str | None:
    name = _COLOURS.get(kind)
    return getattr(constants, name) if name else None


def _parts(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the results of the items of a loop, or the one result of a task without a loop."""
    items = result.get("results")
    if isinstance(items, list) and all(isinstance(item, Mapping) for item in items):
        return items
    return [result]


def _is_rescued(task: Any) -> bool:
    """Return whether a C(rescue) of the play goes on where this task fails."""
    child, parent = task, getattr(task, "_parent", None)
    while parent is not None:
        inside = [getattr(one, "_uuid", None) for one in getattr(parent, "block", None) or []]
        if getattr(parent, "rescue", None) and child._uuid in inside:
            return True
        child, parent = parent, getattr(parent, "_parent", None)
    return False


def _as_yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120)
