# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab of the bench: one host that sends, others that receive, and interfaces that carry so much and no more."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from tests.bench.images.options import Options
from tests.faults.lab import ROOT, SOCKETS, LabError, run
from tests.faults.play import ansible

_BOOT_SECONDS = 90.0
Value = TypeVar("Value")


class Lab:
    """Its hosts are containers of an engine on this machine."""

    def __init__(self, options: Options) -> None:
        self._name = options.lab_name
        self._number = options.lab_number
        self._rate = 0.0
        self.hosts = tuple(f"gpu-{number:02d}" for number in range(1, options.receivers + 2))
        self.source, *receivers = self.hosts
        self.receivers = tuple(receivers)
        self.inventory = ROOT / "artifacts" / "bench-images-inventory"

    @property
    def is_capped(self) -> bool:
        return self._rate > 0

    @property
    def bytes_per_second(self) -> float:
        """What an interface carries at most; 0 without a cap."""
        return self._rate * 1e6 / 8

    def make(self, state: str) -> None:
        variables = {
            "lab_name": self._name,
            "lab_number": self._number,
            "lab_hosts": len(self.hosts),
            "lab_warm": True,
            "lab_trainer": False,
            "lab_purge": False,
            "lab_inventory_directory": str(self.inventory),
            "lab_group_vars_directory": str(ROOT / "inventories" / "lab" / "group_vars"),
            "lab_state": state,
        }
        command = [*ansible("lab"), f"--extra-vars={json.dumps(variables)}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(done.stdout + done.stderr)

    def container(self, host: str) -> str:
        return f"distrain-{self._name}-{host}"

    def address(self, host: str) -> str:
        return f"198.18.{self._number}.{10 + int(host[-2:])}"

    @property
    def network(self) -> str:
        return f"198.18.{self._number}.0/24"

    @cached_property
    def engine(self) -> str:
        for socket in SOCKETS:
            url = f"unix://{socket}"
            if Path(socket).exists() and not run(["docker", "--host", url, "inspect", self.container(self.source)])[0]:
                return url
        raise LabError(f"No engine on this machine carries the lab {self._name}.")

    def docker(self, *arguments: str, timeout: float = 120) -> str:
        code, said = run(["docker", "--host", self.engine, *arguments], timeout)
        if code:
            raise LabError(f"docker {' '.join(arguments)}: {said}")
        return said

    def ask(self, host: str, command: str, timeout: float = 60) -> tuple[int, str]:
        """Run a shell command inside a host, whatever comes of it."""
        return run(["docker", "--host", self.engine, "exec", self.container(host), "bash", "-c", command], timeout)

    def run_on(self, host: str, command: str, timeout: float = 300) -> str:
        code, said = self.ask(host, command, timeout)
        if code:
            raise LabError(f"{host}: {command}: {said}")
        return said

    def put(self, host: str, content: bytes, path: str) -> None:
        command = ["docker", "--host", self.engine, "exec", "-i", self.container(host)]
        subprocess.run([*command, "sh", "-c", f"umask 077; cat >{path}"], input=content, check=True, timeout=60)

    def on_all(self, function: Callable[[str], Value], hosts: Sequence[str] | None = None) -> dict[str, Value]:
        """Do something for each host, all at once."""
        hosts = self.hosts if hosts is None else hosts
        with ThreadPoolExecutor(len(hosts)) as pool:
            return dict(zip(hosts, pool.map(function, hosts), strict=True))

    def process(self, host: str) -> int:
        """The host's first process, as this machine numbers it."""
        return int(self.docker("inspect", "--format={{.State.Pid}}", self.container(host)))

    def cap(self, rate: float) -> None:
        """Let each interface carry so many Mbit/s and no more, out of the host and into it."""
        if rate != self._rate:
            self.on_all(lambda host: self._cap(host, rate))
            self._rate = rate

    def uncap(self) -> None:
        """Also those of an earlier run that kept the lab."""
        self.on_all(self._uncap)
        self._rate = 0.0

    def kill(self, host: str) -> None:
        self.docker("kill", self.container(host))

    def revive(self, host: str) -> None:
        """Boot a dead host again, with its interface as the others have theirs."""
        self.docker("start", self.container(host))
        until = time.monotonic() + _BOOT_SECONDS
        while self.ask(host, "docker info")[0] or self.ask(host, "systemctl is-active ssh")[0]:
            if time.monotonic() > until:
                raise LabError(f"{host} does not come back")
            time.sleep(1)
        if self.is_capped:
            self._cap(host, self._rate)

    def _cap(self, host: str, rate: float) -> None:
        # What comes into a host goes out of the other end of its interface, so that both ends only limit what goes out.
        limit = f"root tbf rate {int(rate * 1e6)}bit burst 128kb latency 50ms"
        self.run_on(host, f"tc qdisc replace dev {self._interface(host)} {limit}")
        self._outside(host, f"replace dev {self._other_end(host)} {limit}")

    def _uncap(self, host: str) -> None:
        interface, other_end = self._interface(host), self._other_end(host)
        if " tbf " in self.run_on(host, f"tc qdisc show dev {interface} root"):
            self.run_on(host, f"tc qdisc delete dev {interface} root")
        if " tbf " in run(["tc", "qdisc", "show", "dev", other_end, "root"])[1]:
            self._outside(host, f"delete dev {other_end} root")

    def _outside(self, host: str, arguments: str) -> None:
        code, said = run(["tc", "qdisc", *arguments.split()])
        if code:
            raise LabError(f"the other end of {host}'s interface: tc qdisc {arguments}: {said}")

    def _interface(self, host: str) -> str:
        return self.run_on(host, f"ip -oneline -4 address show to {self.address(host)}").split()[1]

    def _other_end(self, host: str) -> str:
        index = self.run_on(host, f"cat /sys/class/net/{self._interface(host)}/iflink").strip()
        for end in Path("/sys/class/net").iterdir():
            if (end / "ifindex").read_text().strip() == index:
                return end.name
        raise LabError(f"The other end of {host}'s interface is not on this machine.")

    def facts(self) -> dict[str, Any]:
        return {"hosts": len(self.hosts), "docker": self.run_on(self.source, "docker version -f '{{.Server.Version}}'")}
