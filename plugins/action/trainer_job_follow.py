# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Follow a training job over all its hosts from the controller; see the documentation of the module of this name."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.follow_plan import Rank, all_succeeded, started
from ansible_collections.distrain.cluster.plugins.module_utils.job_plan import RUNNING
from ansible_collections.distrain.cluster.plugins.plugin_utils.job_follower import Follower, Patience
from ansible_collections.distrain.cluster.plugins.plugin_utils.other_host import OtherHost

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "trainer": {"type": "str", "required": True},
    "ranks": {"type": "list", "elements": "dict", "required": True},
    "directory": {"type": "str", "required": True},
    "output_directory": {"type": "str"},
    "interval": {"type": "float", "default": 5},
    "timeout": {"type": "float", "default": 0},
    "silence": {"type": "float", "default": 1800},
    "unreachable": {"type": "float", "default": 60},
    "grace": {"type": "float", "default": 10},
}


class ActionModule(ActionBase):
    """The controller's side: reach every host, show progress, and return what became of the job."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        self._arguments = arguments
        self._hosts = [OtherHost(self, rank["host"], task_vars or {}) for rank in arguments["ranks"]]
        self._latest: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, float] = {}
        try:
            ranks = started(self._observe()) if self._task.check_mode else self._follower().follow()
            return {"changed": False, **self._summary(ranks)}
        except ClusterError as error:
            failed_host = error.details.get("failed_host", self._hosts[0].name)
            return {
                "changed": False,
                "failed": True,
                "msg": error.message,
                "outcome": "failed",
                "failed_host": failed_host,
            }
        finally:
            for host in self._hosts:
                host.close()

    def _follower(self) -> Follower:
        display = Display()
        arguments = self._arguments
        return Follower(
            trainer=arguments["trainer"],
            job_name=arguments["name"],
            observe=self._observe,
            stop=self._stop,
            show=display.display,
            warn=display.warning,
            clock=time.monotonic,
            sleep=time.sleep,
            patience=Patience(
                interval=arguments["interval"],
                timeout=arguments["timeout"],
                silence=arguments["silence"],
                unseen=arguments["unreachable"],
                grace=arguments["grace"],
            ),
        )

    def _observe(self) -> list[Rank]:
        """One host after the other: Ansible's templating keeps one stack a process, so that threads break it."""
        return [self._observe_one(number) for number in range(len(self._hosts))]

    def _stop(self, ranks: Sequence[Rank]) -> None:
        for rank in ranks:
            self._stop_one(rank.rank)

    def _observe_one(self, number: int) -> Rank:
        host = self._hosts[number]
        now = time.monotonic()
        try:
            self._latest[host.name] = host.run_module(
                "distrain.cluster.trainer_job_info",
                {**self._job_of(number), "output_directory": self._arguments["output_directory"], "lines": 80},
            )
            self._seen[host.name] = now
            unseen, because = 0.0, ""
        except AnsibleActionFail as error:
            host.close()
            unseen, because = max(0.1, now - self._seen.setdefault(host.name, now)), error.message
        return self._rank(number, unseen, because)

    def _rank(self, number: int, unseen: float, because: str) -> Rank:
        found = self._latest.get(self._hosts[number].name, {})
        job = found.get("job", {})
        return Rank(
            host=self._hosts[number].name,
            rank=number,
            # A host that never answered is taken to run until patience ends.
            state=job.get("state", RUNNING),
            exit_code=job.get("exit_code"),
            ended=job.get("ended"),
            container_state=found.get("container", {}).get("state", "unknown"),
            last_lines=job.get("last_lines", ()),
            progress=job.get("progress", {}),
            silent_seconds=job.get("silent_seconds", 0),
            unseen=unseen,
            unseen_because=because,
        )

    def _stop_one(self, number: int) -> None:
        """As well as it can be done: a host that does not answer must not hide why the job failed."""
        try:
            self._hosts[number].run_module(
                "distrain.cluster.trainer_job", {**self._job_of(number), "state": "stopped"}, check_mode=False
            )
        except AnsibleActionFail as error:
            Display().warning(f"The job could not be stopped on {self._hosts[number].name}: {error.message}")

    def _job_of(self, number: int) -> dict[str, Any]:
        return {
            "name": self._arguments["name"],
            "container": self._arguments["ranks"][number]["container"],
            "directory": self._arguments["directory"],
        }

    def _summary(self, ranks: Sequence[Rank]) -> dict[str, Any]:
        jobs = {host: found.get("job", {}) for host, found in self._latest.items()}
        progress = next((rank.progress for rank in ranks if rank.progress), {})
        times = [(job["started"], job["ended"]) for job in jobs.values() if job.get("started") and job.get("ended")]
        return {
            "outcome": "succeeded" if all_succeeded(ranks) else "pending",
            "states": {rank.host: rank.state for rank in ranks},
            "hosts": [rank.host for rank in ranks],
            "world_size": next((job["world_size"] for job in jobs.values() if job.get("world_size")), None),
            "first_loss": progress.get("first_loss"),
            "last_loss": progress.get("loss"),
            "steps": progress.get("step"),
            "seconds": round(max((ended - began for began, ended in times), default=0), 1),
        }
