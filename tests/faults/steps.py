# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be done to the lab from outside, as values."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Protocol

from tests.faults import lab


class Step(Protocol):
    def do(self) -> None: ...


@dataclass(frozen=True)
class On:
    """A shell command inside a host, or inside each of them."""

    host: str
    command: str

    def do(self) -> None:
        lab.on_all(lambda host: lab.run_on(host, self.command), lab.HOSTS if self.host == "all" else (self.host,))


@dataclass(frozen=True)
class Leave:
    """A command inside a host that goes on when the step is over."""

    host: str
    command: str

    def do(self) -> None:
        lab.docker("exec", "--detach", lab.container(self.host), "sh", "-c", self.command)


@dataclass(frozen=True)
class Rejoin:
    """Have a worker leave its swarm and join again, which leaves its former node in the list of the manager."""

    host: str
    manager: str

    def do(self) -> None:
        lab.run_on(self.host, "docker rm --force distrain-keepalive; docker swarm leave --force")
        token = lab.run_on(self.manager, "docker swarm join-token --quiet worker")
        lab.run_on(self.host, f"docker swarm join --token {token} {lab.address(self.manager)}:2377")
        Wait(self.manager, f"docker node ls | grep {self.host} | grep -q Down").do()


@dataclass(frozen=True)
class Wait:
    """Until a shell command inside a host succeeds."""

    host: str
    command: str
    timeout: float = 60

    def do(self) -> None:
        deadline = time.monotonic() + self.timeout
        while lab.ask(self.host, self.command)[0]:
            if time.monotonic() > deadline:
                raise lab.LabError(f"{self.host}: not within {self.timeout:g} s: {self.command}")
            time.sleep(0.5)


@dataclass(frozen=True)
class Restart:
    """Restart hosts, all at once."""

    hosts: tuple[str, ...]

    def do(self) -> None:
        lab.docker("restart", *map(lab.container, self.hosts))


@dataclass(frozen=True)
class Narrow:
    """Have the cable of a host's first interface lose what is larger, without a word to the interface."""

    host: str
    mtu: int

    def do(self) -> None:
        lab.set_cable(self.host, "mtu", str(self.mtu))


@dataclass(frozen=True)
class Cut:
    """Pull out the cable of a host's first interface for some seconds."""

    host: str
    seconds: float

    def do(self) -> None:
        lab.set_cable(self.host, "down")
        try:
            time.sleep(self.seconds)
        finally:
            lab.set_cable(self.host, "up")


@dataclass(frozen=True)
class Cable:
    """Pull out the cable of a host's first interface (down), or plug it in again (up)."""

    host: str
    state: str

    def do(self) -> None:
        lab.set_cable(self.host, self.state)


@dataclass(frozen=True)
class Freeze:
    """Have a whole host stand still for some seconds."""

    host: str
    seconds: float

    def do(self) -> None:
        lab.docker("pause", lab.container(self.host))
        try:
            time.sleep(self.seconds)
        finally:
            lab.docker("unpause", lab.container(self.host))


@dataclass(frozen=True)
class Pause:
    """Nothing for some seconds."""

    seconds: float

    def do(self) -> None:
        time.sleep(self.seconds)


@dataclass(frozen=True)
class BootInRandomOrder:
    """Stop all hosts, and start one after the other, each up to some seconds after the one before."""

    pause: float

    def do(self) -> None:
        lab.docker("stop", *map(lab.container, lab.HOSTS))
        for host in random.sample(lab.HOSTS, len(lab.HOSTS)):
            lab.docker("start", lab.container(host))
            time.sleep(random.uniform(0, self.pause))
