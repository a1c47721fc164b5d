# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fetch logs and results of a job to the controller; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import with_page
from ansible_collections.distrain.cluster.plugins.module_utils.base.sizes import in_words
from ansible_collections.distrain.cluster.plugins.module_utils.tree.entries import shown
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.agent_target import agent_target
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.other_host import OtherHost
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.parent_process import ParentGone, ParentProcess
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import SshTarget
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.by_module import fetch_by_module
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.fetch import OutputsFetch
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.host import HostOutputs
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.store import ResultsStore

ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "dest": {"type": "str", "required": True},
    "log_root": {"type": "str"},
    "log_path": {"type": "str"},
    "log_bytes": {"type": "int", "default": 64 * 1024**2},
    "output_root": {"type": "str"},
    "output_path": {"type": "str", "default": ""},
    "results": {"type": "list", "elements": "str", "default": []},
    "result_bytes": {"type": "int", "default": 64 * 1024**2},
    "gather": {"type": "list", "elements": "str", "default": []},
}
# Of a log that is cut, this part of what is fetched is its beginning.
_HEAD = 8


class ActionModule(ActionBase):
    """Fetches the files on the controller. An error of one host is a warning, so as not to hide the job's outcome."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        if self._task.check_mode:
            return {"changed": False, "hosts": {}}
        if self._arguments["log_bytes"] < 0:
            size = self._arguments["log_bytes"]
            msg = f"trainer_launch_logs_bytes is {size}. Give how many bytes of a log to fetch; 0 is the whole log."
            return {"changed": False, "failed": True, "msg": with_page(msg, "trainer")}
        try:
            ParentProcess().end_with_it()
        except ParentGone as error:
            return {"changed": False, "failed": True, "msg": str(error)}
        outputs = {
            host: HostOutputs(ResultsStore(str(Path(self._arguments["dest"], host))))
            for host in self._arguments["hosts"]
        }
        self._fetch(outputs, task_vars or {})
        for host, one in outputs.items():
            _report(host, one)
        changed = any(one.changed for one in outputs.values())
        return {"changed": changed, "hosts": {host: one.report() for host, one in outputs.items()}}

    def _fetch(self, outputs: Mapping[str, HostOutputs], task_vars: Mapping[str, Any]) -> None:
        targets: dict[str, SshTarget] = {}
        others: list[OtherHost] = []
        for host in outputs:
            try:
                other = OtherHost(self, host, task_vars)
                target = agent_target(other)
            except AnsibleError as error:
                outputs[host].give_up(error.message)
                continue
            if target:
                targets[host] = target
            else:
                others.append(other)
        OutputsFetch(outputs, Display().display).run(targets, self._wanted())
        # One host after the other: Ansible's templating keeps one stack a process, so that threads break it.
        for other in others:
            fetch_by_module(other, self._wanted(), outputs[other.name])

    def _wanted(self) -> dict[str, Any]:
        arguments = self._arguments
        wanted: dict[str, Any] = {}
        if arguments["log_root"] and arguments["log_path"]:
            head = arguments["log_bytes"] // _HEAD
            bounds = {"head": head, "tail": arguments["log_bytes"] - head}
            wanted["log"] = {"root": arguments["log_root"], "path": arguments["log_path"], **bounds}
        if arguments["output_root"]:
            output = {"root": arguments["output_root"], "path": arguments["output_path"] or "."}
            wanted["results"] = {**output, "patterns": arguments["results"], "most": arguments["result_bytes"]}
            if arguments["gather"]:
                wanted["gather"] = {**output, "patterns": arguments["gather"]}
        return wanted


def _report(host: str, outputs: HostOutputs) -> None:
    """Show what was left out or refused of one host."""
    display = Display()
    report = outputs.report()
    if outputs.log_left_out and "log" in outputs.written:
        display.display(
            f"{host}: the log has {in_words(outputs.log_size)}, of which {in_words(outputs.log_left_out)} in the "
            "middle were left out (trainer_launch_logs_bytes=0 fetches the whole log)"
        )
    if outputs.error:
        display.warning(
            f"The log and the results of host {host} were not, or not all, fetched: {shown(outputs.error)}."
        )
    for one in outputs.refused:
        display.warning(f"{shown(one['name'])} of host {host} was not fetched: {shown(one['why'])}.")
    more = report["refused_count"] - len(outputs.refused)
    if more > 0:
        display.warning(f"{more} more files of host {host} were not fetched for such reasons.")
