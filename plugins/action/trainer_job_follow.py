# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Follow a training job over all its hosts from the controller; see the documentation of the module of this name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError, PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import CAUSES, with_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.causes.log import JobContext
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.other_host import OtherHost
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.parent_process import ParentGone, ParentProcess
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.follower import Follower, Timeouts
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.hang import RESTART, STOP, TELL
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.lock import one_follower
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.messages import Messages
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.observer import JobObserver
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.outcome import outcome_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.webhook import Notify, notifying
from ansible_collections.distrain.cluster.plugins.plugin_utils.job.ranks import Rank, started

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "trainer": {"type": "str", "required": True},
    "ranks": {"type": "list", "elements": "dict", "required": True},
    "directory": {"type": "str", "required": True},
    "output_directory": {"type": "str"},
    "output_root": {"type": "str"},
    "image": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 0},
    "ipc": {"type": "str", "default": "host"},
    "shm_size": {"type": "str", "default": ""},
    "waits_for_return": {"type": "bool", "default": False},
    "restarts": {"type": "int", "default": 0},
    "min_hosts": {"type": "int", "default": 0},
    "samples_per_step": {"type": "int", "default": 0},
    "watch_file": {"type": "str"},
    "events_file": {"type": "str"},
    "stacks_file": {"type": "str"},
    "lock_file": {"type": "str"},
    "interval": {"type": "float", "default": 5},
    "timeout": {"type": "float", "default": 0},
    "silence": {"type": "float", "default": 300},
    "start_silence": {"type": "float", "default": 3600},
    "on_hang": {"type": "str", "default": TELL, "choices": [RESTART, STOP, TELL]},
    "unreachable": {"type": "float", "default": 25},
    "lost": {"type": "float", "default": 600},
    "grace": {"type": "float", "default": 10},
    "stop_timeout": {"type": "float", "default": 20},
}


ROLE = "trainer_launch_arguments"


class ActionModule(ActionBase):
    """Follows the job on the controller, shows its progress, and returns its outcome."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        self._parent = ParentProcess()
        lock_file = None if self._task.check_mode else self._arguments["lock_file"]
        try:
            self._parent.end_with_it()
            with one_follower(lock_file, self._arguments["name"], self._parent.pid, Display().warning):
                return self._outcome(task_vars or {})
        except PlanError as error:
            # Without an outcome: the run that follows the job reports it.
            return {"changed": False, "failed": True, "msg": with_page(error.message, "trainer")}
        except ParentGone as error:
            return {"changed": False, "failed": True, "msg": str(error)}

    def _outcome(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outcome of the job; never raise ClusterError."""
        hosts = [OtherHost(self, rank["host"], task_vars) for rank in self._arguments["ranks"]]
        observer, gpu_problems = None, list[str]()
        try:
            observer = self._make_observer(hosts)
            if self._task.check_mode:
                ranks: Sequence[Rank] = started(observer.observe())
            else:
                with self._notifying(task_vars) as notify:
                    ranks = self._follow(observer, notify, gpu_problems)
            outcome = outcome_of(ranks, {rank.host: observer.job_of(rank.host) for rank in ranks})
            return {"changed": False, "gpu_problems": gpu_problems, **outcome}
        except (ClusterError, AnsibleError) as error:
            details: dict[str, Any] = {"failed_host": hosts[0].name, "finding": "unknown", "retryable": False}
            details["gpu_problems"] = gpu_problems
            details |= error.details if isinstance(error, ClusterError) else {}
            message = with_page(error.message, details["finding"], CAUSES)
            return {"changed": False, "failed": True, "msg": message, "outcome": "failed", **details}
        finally:
            if observer:
                observer.close()

    def _make_observer(self, hosts: Sequence[OtherHost]) -> JobObserver:
        arguments = self._arguments
        jobs = {
            rank["host"]: {
                "name": arguments["name"],
                "container": rank["container"],
                "directory": arguments["directory"],
                "output_directory": arguments["output_directory"],
                "output_root": arguments["output_root"],
            }
            for rank in arguments["ranks"]
        }
        return JobObserver(hosts, jobs, arguments["interval"], arguments["stop_timeout"], Display().warning)

    def _notifying(self, task_vars: Mapping[str, Any]) -> AbstractContextManager[Notify]:
        """Return the function that tells people, as the arguments of the role say: the task's own would be shown."""
        messages = Messages(self._arguments["trainer"], self._arguments["name"])
        return notifying(plain(task_vars.get(ROLE)) or {}, messages, Display().warning)

    def _follow(self, observer: JobObserver, notify: Notify, gpu_problems: list[str]) -> Sequence[Rank]:
        display = Display()
        arguments = self._arguments
        guarded = self._parent.guarded
        recorder = self._recorder(notify)
        begins = [observer.job_of(rank.host).get("started") for rank in observer.observe()]
        known = [begin for begin in begins if begin]
        recorder.began(min(known, default=None), len(known), arguments["name"], arguments["restarts"])
        return Follower(
            trainer=arguments["trainer"],
            job_name=arguments["name"],
            context=self._context(),
            observe=guarded(observer.observe),
            stop=guarded(observer.stop),
            stacks=guarded(observer.stacks),
            clocks=observer.clocks,
            show=display.display,
            warn=display.warning,
            recorder=recorder,
            clock=time.monotonic,
            sleep=guarded(time.sleep),
            timeouts=self._timeouts(),
            samples_per_step=arguments["samples_per_step"],
            waits_for_return=arguments["waits_for_return"],
            on_hang=arguments["on_hang"],
            min_hosts=arguments["min_hosts"],
            gpu_problems=gpu_problems,
        ).follow()

    def _recorder(self, notify: Notify) -> JobRecorder:
        arguments = self._arguments
        return JobRecorder(
            arguments["watch_file"],
            arguments["events_file"],
            warn=Display().warning,
            stacks_file=arguments["stacks_file"],
            notify=notify,
        )

    def _timeouts(self) -> Timeouts:
        arguments = self._arguments
        return Timeouts(
            interval=arguments["interval"],
            timeout=arguments["timeout"],
            silence=arguments["silence"],
            start_silence=arguments["start_silence"],
            unseen=arguments["unreachable"],
            lost=arguments["lost"],
            grace=arguments["grace"],
        )

    def _context(self) -> JobContext:
        ranks = self._arguments["ranks"]
        names = [ranks[0].get("leader", ""), *(rank["container"] for rank in ranks)] if ranks else []
        return JobContext(
            image=self._arguments["image"],
            port=self._arguments["port"],
            names=[name for name in names if name],
            ipc=self._arguments["ipc"],
            shm_size=self._arguments["shm_size"],
        )
