# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The start of an attempt at a job on all its hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.errors import ClusterError
from .observer import JobObserver

NOT_STARTED = "not_started"
_ANSWER_SECONDS = 15.0
# A container that is brought up, and the look-up of the first one in it.
_PREPARE_SECONDS = 420.0
_KEY_SECONDS = 60.0
# The runner may begin late on a busy host, after what an earlier attempt has left was ended.
_START_SECONDS = 180.0


class Beginning:
    """``hosts`` have for each host its C(key_names) and the C(launch_files), in which keys are yet to be put."""

    def __init__(self, observer: JobObserver, hosts: Mapping[str, Mapping[str, Any]], answers_within: float) -> None:
        self._observer = observer
        self._hosts = hosts
        self._answers_within = answers_within

    def wait_for_hosts(self, pause: Callable[[float], None]) -> None:
        """Wait until every host answers; raise ClusterError where one does not in time."""
        waited = 0.0
        while waiting := self._silent():
            if waited >= self._answers_within:
                raise ClusterError(
                    f"Host {waiting[0]} does not answer: {self._observer.why_silent(waiting[0])}. See systemctl status "
                    "distrain-keeper.service there, and that its port (trainer_launch_keeper_port) is open to the "
                    "other hosts.",
                    failed_host=waiting[0],
                )
            pause(1.0)
            waited += 1.0

    def is_half_begun(self, attempt: str) -> bool:
        """Return whether an earlier keeper has begun the attempt on a host with keys that nobody has any more."""
        has_keys = any(one["key_names"] for one in self._hosts.values())
        return has_keys and any(self._observer.job_of(host).get("attempt") == attempt for host in self._hosts)

    def prepare(self) -> None:
        """Bring every container up that is gone; raise ClusterError where a host cannot run its rank."""
        self._all({host: {"do": "prepare"} for host in self._hosts}, "prepared", _PREPARE_SECONDS)

    def start(self, attempt: str, checkpoint: str) -> dict[str, dict[str, Any]]:
        """Start the attempt on every host, and return what each says of it; raise ClusterError where one fails."""
        public = self._public_keys()
        commands = {
            host: {
                "do": "start",
                "attempt": attempt,
                "checkpoint": checkpoint,
                "launch_files": with_keys(one["launch_files"], public),
            }
            for host, one in self._hosts.items()
        }
        return self._all(commands, "started", _START_SECONDS)

    def _silent(self) -> list[str]:
        answers = self._observer.ask({host: {"do": "clock"} for host in self._hosts}, "clock", _ANSWER_SECONDS)
        self._observer.observe()
        return [host for host in self._hosts if host not in answers]

    def _public_keys(self) -> dict[str, dict[str, str]]:
        asked = {host: {"do": "keys"} for host, one in self._hosts.items() if one["key_names"]}
        return self._all(asked, "keys", _KEY_SECONDS) if asked else {}

    def _all(self, commands: Mapping[str, Mapping[str, Any]], answer: str, timeout: float) -> dict[str, Any]:
        """Return the answers of all hosts; raise ClusterError with the first failure."""
        answers = self._observer.ask(commands, answer, timeout)
        for host in commands:
            problem = failure_in(answers.get(host), self._observer.why_silent(host))
            if problem:
                # A host that says why it cannot would say the same again.
                raise ClusterError(f"Host {host}: {problem}", failed_host=host, retryable=host not in answers)
        return answers


def failure_in(answer: Any, silent: str) -> str:
    """Return why a host has not done what it was asked, empty where it has."""
    if not isinstance(answer, Mapping):
        return silent
    return str(answer.get("error") or "")


def placeholder(host: str, name: str) -> str:
    """Return what stands in a launcher's file for a public key until it is made."""
    return f"@public key {name} of {host}@"


def with_keys(files: Mapping[str, str], public: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the files with the public keys in their places."""
    known: Sequence[tuple[str, str]] = [
        (placeholder(host, name), key) for host, keys in public.items() for name, key in keys.items()
    ]
    filled = dict(files)
    for place, key in known:
        filled = {path: text.replace(place, key) for path, text in filled.items()}
    return filled
