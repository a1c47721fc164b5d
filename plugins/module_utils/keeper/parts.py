# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checkpoints of a job over all its hosts: where it goes on from, and what is brought where before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from ..base.agent_link import AgentLink, Events
from ..base.errors import ClusterError
from ..parts.copies import is_spread
from ..parts.holding import Held, held_by, nodes_of
from ..parts.restart import Restart, Transfer, choose, plan_transfers
from ..parts.verdict import Verdict, judge_all
from ..parts.words import lost_words
from ..trainer.placement import TORCHRUN_ELASTIC
from .beginning import failure_in
from .checkpoint import Order, relay
from .copier import Copier
from .link import Address
from .listener import TREE
from .memory import CheckpointMemory
from .place import Place, read_json
from .screen import Screen

_LIST_SECONDS = 120.0
_DROP_SECONDS = 60.0
# A run has begun by the clock of its first host; those of the others may differ.
_CLOCK_SECONDS = 5.0
STOP, BEGIN = "stop", "begin"

Connect = Callable[[str, str, Events], AgentLink]


class Hosts(Protocol):
    """What is used of the observer of a job."""

    def ask(self, commands: Mapping[str, Mapping[str, Any]], answer: str, timeout: float) -> dict[str, Any]: ...

    def why_silent(self, host: str) -> str: ...


class JobParts:
    """``kept`` is what the keeper has to know of the job; ``connect`` starts a program on a host."""

    def __init__(
        self, place: Place, kept: Mapping[str, Any], connect: Connect, screen: Screen, address: Callable[[str], Address]
    ) -> None:
        self._place = place
        self._options: Mapping[str, Any] = kept["options"]
        self._launcher = (kept.get("said") or {}).get("launcher")
        self._nodes = nodes_of(kept["ranks"])
        self._connect = connect
        self._screen = screen
        self._addresses = {node.host: address(node.host) for node in self._nodes}
        self._resumes = bool(self._options.get("resume"))
        self._memory = CheckpointMemory(place, kept["run"], self._resumes)

    def checkpoint_for(self, hosts: Hosts, is_restart: bool) -> str:
        """Return the path in the container of the checkpoint to go on from, empty for the beginning.

        Every host has what it needs of it then. Raise ClusterError where that fails, and where the job must not begin
        anew by itself.
        """
        if not self._options["output"]:
            return ""
        if not (is_restart or self._resumes):
            self._say_what_is_left(hosts)
            return ""
        held, _saving = self._listed(hosts, all_needed=True)
        chosen = self._choose(held)
        if chosen.refusal and self._options.get("on_lost_checkpoint", STOP) == STOP:
            raise ClusterError(chosen.refusal, failed_host=self._nodes[0].host)
        for line in chosen.passed_over:
            self._screen.line(line)
        if chosen.newest:
            self._bring(chosen.newest, held)
        path = f"{self._options['output']}/{chosen.newest.name}" if chosen.newest else ""
        self._screen.line(self._going_on(path, chosen.newest))
        return path

    def began(self, started: Mapping[str, Mapping[str, Any]], is_restart: bool) -> None:
        """Remember when a run has begun at its beginning; what the hosts hold from before is not its own."""
        times = [at for one in started.values() if (at := one["job"].get("started"))]
        if not (is_restart or self._resumes) and times:
            self._memory.keep(since=min(times) - _CLOCK_SECONDS, whole="", copied="")

    def found(self, hosts: Hosts) -> dict[str, Any]:
        """Return C(newest), the newest whole checkpoint, and C(saving), how long saving takes on the first host.

        C(newest) is empty where there is none, and None where that is not known, as while a host does not answer.
        """
        if not self._options["output"]:
            return {}
        held, saving = self._listed(hosts)
        verdicts = self._judge(held)
        newest = choose(verdicts).newest
        is_known = newest == (verdicts[0] if verdicts else None) or len(saving) == len(self._nodes)
        name = newest.name if newest else ""
        if newest and not newest.needs_copies:
            self._memory.keep(whole=name, is_spread=is_spread(newest, held, self._nodes))
        return {"newest": name if saving and is_known else None, "saving": saving.get(self._nodes[0].host) or {}}

    @contextmanager
    def copying(self) -> Iterator[None]:
        """Copy each host's files to the next one meanwhile, as far as that is wanted."""
        if not self._options["output"] or len(self._nodes) < 2:
            yield
            return
        copier = Copier(self._options, self._nodes, self._addresses, self._memory, self._connect, self._screen)
        try:
            yield
        finally:
            copier.close()

    def over(self, hosts: Hosts, outcome: str) -> None:
        """Remove the copies of a job that has succeeded: its results are whole."""
        if outcome == "succeeded" and (self._options.get("copies") or self._memory.known.copied):
            command: dict[str, Any] = {"do": "drop_copies", "number": None, "keep": []}
            hosts.ask({node.host: command for node in self._nodes}, "dropped", _DROP_SECONDS)

    def _listed(self, hosts: Hosts, all_needed: bool = False) -> tuple[list[Held], dict[str, Any]]:
        """Return what the hosts hold, and C(saving) of each that answers; raise ClusterError where one is needed."""
        command: dict[str, Any] = {"do": "checkpoints", "names": self._memory.names}
        asked = {node.host: command for node in self._nodes}
        answers = hosts.ask(asked, "checkpoints", _LIST_SECONDS)
        held: list[Held] = []
        saving = {}
        for host in asked:
            problem = failure_in(answers.get(host), hosts.why_silent(host))
            if not problem:
                held += held_by(host, answers[host])
                saving[host] = answers[host].get("saving") or {}
            elif all_needed:
                text = f"Host {host} does not say which checkpoints it has: {problem}"
                raise ClusterError(text, failed_host=host, retryable=host not in answers)
        return held, saving

    def _judge(self, held: Sequence[Held]) -> list[Verdict]:
        return judge_all(held, self._nodes, self._memory.known.since, self._memory.known.whole)

    def _choose(self, held: Sequence[Held]) -> Restart:
        return choose(self._judge(held))

    def _bring(self, newest: Verdict, held: Sequence[Held]) -> None:
        everywhere = self._launcher == TORCHRUN_ELASTIC
        restored, others = plan_transfers(newest, held, self._nodes, everywhere)
        for transfer in restored:
            what = f"{len(transfer.paths)} files of {newest.name} that are gone"
            source = f"the copies on {transfer.source.host}"
            self._screen.line(f"{', '.join(transfer.hosts)}: {what} come back from {source}.")
        for transfer in (*restored, *others):
            self._relay(newest.name, transfer)

    def _relay(self, name: str, transfer: Transfer) -> None:
        order = Order(transfer.source.host, transfer.source.path_of(name), transfer.hosts, name, transfer.paths)
        relay(
            order,
            self._addresses,
            self._options["transfer_ports"],
            lambda host, events: self._connect(host, TREE, events),
            self._screen.line,
        )

    def _going_on(self, path: str, newest: Verdict | None) -> str:
        if not newest:
            return f"Job {self._place.job} begins at its beginning: it has no whole checkpoint."
        attempts = read_json(self._place.record).get("attempts") or [{}]
        lost = lost_words(newest.step, newest.written, attempts[-1].get("step"), attempts[-1].get("ended"))
        return f"Job {self._place.job} goes on from {path}.{f' {lost}' if lost else ''}"

    def _say_what_is_left(self, hosts: Hosts) -> None:
        held, _saving = self._listed(hosts)
        newest = choose(judge_all(held, self._nodes)).newest
        if newest:
            self._screen.line(
                f"Job {self._place.job} begins at its beginning, although {newest.name} of an earlier run is whole. To "
                "go on from there, stop it and run playbooks/train.yml -e trainer_launch_resume=true."
            )
