# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observe and stop a job on all its hosts, by an agent on each, or by modules where no agent can run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.job.plan import RUNNING
from ansible_collections.distrain.cluster.plugins.module_utils.job.stop import KILL_TIMEOUT

from ..causes.end_order import Clock
from ..control.other_host import OtherHost
from ..control.ssh import SshTarget, ssh_command, ssh_target_of
from ..job.ranks import Rank
from .host_agents import HostAgents
from .stacks import Stack

LINES = 80
# An agent observes at least this often, however long the interval of the controller is.
OBSERVE_SECONDS = 4.0
STACK_SECONDS = 60.0
CLOCK_SECONDS = 3.0


class JobObserver:
    """``hosts`` are in the order of the ranks; ``jobs`` has the job's name, container and directories by host."""

    def __init__(
        self,
        hosts: Sequence[OtherHost],
        jobs: Mapping[str, Mapping[str, Any]],
        interval: float,
        stop_timeout: float,
        warn: Callable[[str], None],
    ) -> None:
        self._hosts = {host.name: host for host in hosts}
        self._jobs = jobs
        self._stop_timeout = stop_timeout
        self._warn = warn
        self._polled: dict[str, dict[str, Any]] = {host.name: {} for host in hosts}
        self._polled_at: dict[str, float] = {}
        targets = {host.name: target for host in hosts if (target := agent_target(host))}
        commands = {
            host: {"do": "watch", "job": jobs[host], "interval": min(interval, OBSERVE_SECONDS), "lines": LINES}
            for host in targets
        }
        self._agents = HostAgents(targets, commands)

    def observe(self) -> list[Rank]:
        """Return all ranks as they were last observed."""
        self._agents.update()
        ranks = []
        for number, host in enumerate(self._hosts):
            if host in self._agents.views:
                view = self._agents.views[host]
                ranks.append(described_rank(host, number, view.found, self._agents.unseen(host), view.because))
            else:
                ranks.append(self._poll(host, number))
        return ranks

    def job_of(self, host: str) -> Mapping[str, Any]:
        """Return the job as its host last described it."""
        view = self._agents.views.get(host)
        return (view.found if view else self._polled[host]).get("job", {})

    def stop(self, ranks: Sequence[Rank]) -> None:
        """Stop the ranks on all hosts at once, and warn where that fails."""
        hosts = [rank.host for rank in ranks]
        timeout = self._stop_timeout + KILL_TIMEOUT + 5
        stopped = self._agents.ask(hosts, {"do": "stop", "timeout": self._stop_timeout}, "stopped", timeout)
        for host in hosts:
            if host in self._agents.views and host not in stopped:
                because = self._agents.views[host].because or "it did not answer"
                self._warn(f"The job could not be stopped on {host}: {because}")
            elif host not in stopped:
                self._stop_by_module(host)

    def stacks(self) -> list[Stack]:
        """Return the stack of each process on the hosts that have an agent."""
        answers = self._agents.ask(self._agents.views, {"do": "stacks"}, "stacks", STACK_SECONDS)
        return [
            Stack(host, one["rank"], one["pid"], one["state"], one["waits_in"], one["stack"])
            for host, found in answers.items()
            for one in found
        ]

    def clocks(self, ranks: Sequence[Rank]) -> dict[str, Clock]:
        """Return the offset of each host's clock from this one, for hosts with an agent that answers."""
        return self._agents.clocks([rank.host for rank in ranks], CLOCK_SECONDS)

    def close(self) -> None:
        self._agents.close()
        for host in self._hosts.values():
            host.close()

    def _poll(self, host: str, number: int) -> Rank:
        """Observe one host by a module, without threads: Ansible's templating keeps one stack a process."""
        now = time.monotonic()
        try:
            self._polled[host] = self._hosts[host].run_module(
                "distrain.cluster.trainer_job_info", {**self._jobs[host], "lines": LINES}
            )
            self._polled_at[host] = now
            unseen, because = 0.0, ""
        except AnsibleActionFail as error:
            self._hosts[host].close()
            unseen, because = max(0.1, now - self._polled_at.setdefault(host, now)), error.message
        return described_rank(host, number, self._polled[host], unseen, because)

    def _stop_by_module(self, host: str) -> None:
        job = {name: self._jobs[host][name] for name in ("name", "container", "directory")}
        arguments = {**job, "state": "stopped", "stop_timeout": int(self._stop_timeout)}
        try:
            self._hosts[host].run_module("distrain.cluster.trainer_job", arguments, check_mode=False)
        except AnsibleActionFail as error:
            self._warn(f"The job could not be stopped on {host}: {error.message}")


def agent_target(host: OtherHost) -> SshTarget | None:
    """Return the SSH target for an agent; None where only Ansible can connect, or a password is needed."""
    target = ssh_target_of(host.name, host.prepare_connection())
    try:
        ssh_command(target, [])
    except ClusterError:
        return None
    return None if target.has_password else target


def described_rank(host: str, number: int, found: Mapping[str, Any], unseen: float, because: str) -> Rank:
    """Return the rank by the description of its host, which may be empty."""
    job = found.get("job", {})
    container = found.get("container", {})
    usage = found.get("usage", {})
    return Rank(
        host=host,
        rank=number,
        # A rank whose host never answered counts as running until the host is given up.
        state=job.get("state", RUNNING),
        exit_code=job.get("exit_code"),
        ended=job.get("ended"),
        container_state=container.get("state", "unknown"),
        last_lines=job.get("last_lines", ()),
        progress=job.get("progress", {}),
        silent_seconds=job.get("silent_seconds", 0),
        running_seconds=job.get("running_seconds"),
        unseen=unseen,
        unseen_because=because,
        ipc=container.get("ipc", ""),
        shm_bytes=container.get("shm_bytes"),
        memory_watched="memory_kills" in container,
        memory_killed=container.get("memory_killed", False),
        memory_kills=container.get("memory_kills", 0),
        engine_answers="engine_error" not in container,
        engine_restarted=found.get("engine_restarted", False),
        host_restarted=found.get("host_restarted", False),
        container_restarted=container.get("restarted", False),
        stopped_processes=usage.get("stopped_processes", ()),
        usage=usage,
        # A module describes it as a part of the job.
        gpu=found.get("gpu") or job.get("gpu") or {},
    )
