# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ranks of a job as the agents on its hosts report them, and the commands of its keeper to these agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..base.agent_link import AgentLink, Events
from ..causes.end_order import Clock
from ..follow.host_agents import HostAgents
from ..follow.stacks import Stack
from ..job.plan import LOST, RUNNING
from ..job.ranks import Rank
from ..job.stop import KILL_TIMEOUT

LINES = 80
# An agent observes at least this often, however long the interval of the keeper is.
OBSERVE_SECONDS = 4.0
STACK_SECONDS = 60.0
CLOCK_SECONDS = 3.0
_OBSERVATIONS = 2


class JobObserver:
    """``hosts`` are in the order of the ranks; ``connect`` starts the agent of a host.

    A rank of which its host still knows another attempt than the one that is expected, or none, some time after that
    was begun, is gone: its host has lost it.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        interval: float,
        stop_timeout: float,
        warn: Callable[[str], None],
        connect: Callable[[str, Events], AgentLink],
    ) -> None:
        self._hosts = hosts
        self._attempt = ""
        self._counts: dict[str, int] = {}
        self._stop_timeout = stop_timeout
        self._warn = warn
        watch = {"do": "watch", "interval": min(interval, OBSERVE_SECONDS), "lines": LINES}
        self._agents = HostAgents(dict.fromkeys(hosts, watch), connect)

    def observe(self) -> list[Rank]:
        """Return all ranks as they were last observed."""
        self._agents.update()
        views = self._agents.views
        ranks = []
        for number, host in enumerate(self._hosts):
            is_of_another = self._is_of_another(host)
            found = {} if is_of_another else views[host].found
            rank = described_rank(host, number, found, self._agents.unseen(host), views[host].because)
            ranks.append(self._gone(rank) if is_of_another else rank)
        return ranks

    def expect(self, attempt: str) -> None:
        """Let this attempt be the one that is observed; every host has said that it has begun it."""
        self._attempt = attempt
        self._counts = {host: view.count for host, view in self._agents.views.items()}

    def jobs(self) -> dict[str, Mapping[str, Any] | None]:
        """Return the job by host as it was last described; None of a host that does not answer."""
        return {host: None if self._agents.unseen(host) else self.job_of(host) or None for host in self._hosts}

    def job_of(self, host: str) -> Mapping[str, Any]:
        """Return the job as its host last described it, empty where the host has not answered yet."""
        found = self._agents.views[host].found
        is_known = found.get("job") and not self._is_of_another(host)
        return {**found["job"], "gpu": found.get("gpu") or {}} if is_known else {}

    def ask(self, commands: Mapping[str, Mapping[str, Any]], answer: str, timeout: float) -> dict[str, Any]:
        """Send each host its command, and return the answers that come within ``timeout`` seconds."""
        return self._agents.ask_each(commands, answer, timeout)

    def why_silent(self, host: str) -> str:
        """Return why a host does not answer, as far as that is known."""
        return self._agents.views[host].because or "it does not answer"

    def stop(self, ranks: Sequence[Rank]) -> None:
        """Stop the ranks on all hosts at once, and warn where that fails."""
        hosts = [rank.host for rank in ranks]
        timeout = self._stop_timeout + KILL_TIMEOUT + 5
        stopped = self._agents.ask(hosts, {"do": "stop", "timeout": self._stop_timeout}, "stopped", timeout)
        for host in hosts:
            error = (stopped[host] or {}).get("error") if host in stopped else self._agents.views[host].because
            if error or host not in stopped:
                self._warn(f"The job could not be stopped on {host}: {error or 'it did not answer'}")

    def stacks(self) -> list[Stack]:
        """Return the stack of each process on the hosts that answer."""
        answers = self._agents.ask(self._hosts, {"do": "stacks"}, "stacks", STACK_SECONDS)
        return [
            Stack(host, one["rank"], one["pid"], one["state"], one["waits_in"], one["stack"])
            for host, found in answers.items()
            if isinstance(found, list)
            for one in found
        ]

    def clocks(self, ranks: Sequence[Rank]) -> dict[str, Clock]:
        """Return the offset of each host's clock from this one, for hosts that answer."""
        return self._agents.clocks([rank.host for rank in ranks], CLOCK_SECONDS)

    def release(self) -> None:
        """Notify the hosts that the job is over, so that they stop listening for it."""
        self._agents.ask(self._hosts, {"do": "release"}, "released", CLOCK_SECONDS)

    def close(self) -> None:
        self._agents.close()

    def _is_of_another(self, host: str) -> bool:
        job = self._agents.views[host].found.get("job")
        return bool(job and job.get("attempt") != self._attempt)

    def _gone(self, rank: Rank) -> Rank:
        """Return the rank as it is where its host knows nothing of it.

        The first observation after the attempt was begun may have been under way before that; the next one was not.
        """
        is_late = self._agents.views[rank.host].count - self._counts.get(rank.host, 0) >= _OBSERVATIONS
        return replace(rank, state=LOST, container_state="running") if is_late else rank


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
        gpu=found.get("gpu") or {},
    )
