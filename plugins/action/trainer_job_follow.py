# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""View a training job through its keeper; see the documentation of the module of this name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import CAUSES, with_page
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.beginning import NOT_STARTED
from ansible_collections.distrain.cluster.plugins.module_utils.text.progress import Progress
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.other_host import OtherHost
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.parent_process import ParentGone, ParentProcess
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.lock import one_follower
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.viewer import Copies, View, Viewer
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.keepers import age_of

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "trainer": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "directory": {"type": "path"},
    "until": {"type": "str", "choices": ["over", "begun", "now"], "default": "over"},
    "interval": {"type": "float", "default": 5},
    "lost": {"type": "float", "default": 600},
}
INFO = "distrain.cluster.trainer_keeper_info"
LOCK = "follow.lock"


class ActionModule(ActionBase):
    """Shows on the controller what the keeper of a job says, and returns the job's outcome."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        parent = ParentProcess()
        name, directory = self._arguments["name"], self._arguments["directory"]
        is_kept = bool(directory) and not self._task.check_mode
        try:
            parent.end_with_it()
            self._hosts = [OtherHost(self, host, task_vars or {}) for host in self._arguments["hosts"]]
            lock_file = str(Path(directory, LOCK)) if is_kept else None
            with one_follower(lock_file, name, parent.pid, Display().warning):
                return self._outcome(parent, is_kept)
        except PlanError as error:
            return {"changed": False, "failed": True, "msg": with_page(error.message, "trainer")}
        except (ClusterError, AnsibleError) as error:
            # Without an outcome: what becomes of the job is not known here.
            return {"changed": False, "failed": True, "msg": with_page(error.message, "trainer")}
        except ParentGone as error:
            return {"changed": False, "failed": True, "msg": str(error)}
        finally:
            for host in getattr(self, "_hosts", ()):
                host.close()

    def _outcome(self, parent: ParentProcess, is_kept: bool) -> dict[str, Any]:
        arguments, display = self._arguments, Display()
        viewer = Viewer(
            job_name=arguments["name"],
            ask=parent.guarded(self._ask),
            copies=Copies(Path(arguments["directory"]), display.warning) if is_kept else None,
            show=display.display,
            warn=display.warning,
            progress=lambda text, percent: display.display(Progress(text, arguments["name"], percent)),
            clock=time.monotonic,
            sleep=parent.guarded(time.sleep),
            interval=arguments["interval"],
            lost=arguments["lost"],
        )
        if self._task.check_mode and not self._is_known():
            return result_of({})
        looks_once = self._task.check_mode or arguments["until"] == "now"
        state = viewer.look(0)["state"] if looks_once else viewer.follow(arguments["until"] == "over")
        return result_of(state)

    def _is_known(self) -> bool:
        try:
            self._ask({}, 0)
        except ClusterError:
            return False
        return True

    def _ask(self, marks: Mapping[str, str], wait: float) -> View:
        """Return the newest view of the hosts that know the job, that of its keeper where that answers.

        Raise ClusterError where none knows it.
        """
        arguments, found = self._arguments, list[View]()
        asked = {"trainer": arguments["trainer"], "name": arguments["name"], "marks": dict(marks), "wait": wait}
        problems, waiting = [], list(self._hosts)
        while waiting:
            host = waiting.pop(0)
            try:
                answer = host.run_module(INFO, asked, check_mode=False)
            except AnsibleError as error:
                host.close()
                problems.append(f"{error.message}".rstrip(".") + ".")
                continue
            view = (answer.get("jobs") or {}).get(arguments["name"])
            if view:
                found.append({**view, "active": answer["active"], "host": host.name})
                # Another manager knows what the keeper has sent it.
                waiting = [one for one in waiting if one.name == view["state"]["keeper"]]
        if not found:
            names = ", ".join(host.name for host in self._hosts)
            raise ClusterError(" ".join(problems) or f"no keeper on {names} knows the job.")
        newest = max(found, key=lambda view: age_of(view["state"]))
        # The next time it is asked first.
        self._hosts.sort(key=lambda host: host.name != newest["host"])
        return newest


def result_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of the task by the state of the job's keeper, which is empty where there is none yet."""
    outcome = dict(state.get("outcome") or {})
    if not outcome:
        hosts: Sequence[str] = state.get("hosts") or []
        known = {"outcome": "pending", "gpu_problems": state.get("gpu_problems") or [], "hosts": list(hosts)}
        return {"changed": False, **known, "restarts": {}}
    if outcome["outcome"] == "failed":
        finding = outcome["finding"]
        message, page = outcome["msg"], (("trainer",) if finding == NOT_STARTED else (finding, CAUSES))
        outcome |= {"failed": True, "msg": with_page(message, *page)}
    return {"changed": False, **outcome}
