# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab of the faults, seen from outside: its hosts are containers of an engine on this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

# Several runs at once need a lab each: FAULTS_LAB and FAULTS_NUMBER name another one than the usual.
NAME = os.environ.get("FAULTS_LAB", "faults")
NUMBER = int(os.environ.get("FAULTS_NUMBER", "35"))
HOSTS = ("gpu-01", "gpu-02", "gpu-03")
MANAGER = HOSTS[0]
ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "artifacts" / NAME / "inventory"
SOCKETS = ("/var/run/docker.sock", "/run/distrain-lab/docker.sock")
SET_CABLE = ROOT / "roles" / "lab" / "files" / "set_cable.sh"

Value = TypeVar("Value")


class LabError(Exception):
    """The lab itself does not do what it is asked to do."""


def container(host: str) -> str:
    return f"distrain-{NAME}-{host}"


def address(host: str) -> str:
    return f"198.18.{NUMBER}.{10 + int(host[-2:])}"


def ssh_port(host: str) -> int:
    return 22000 + 100 * NUMBER + int(host[-2:])


@cache
def engine() -> str:
    """The engine that carries the lab."""
    for socket in SOCKETS:
        if Path(socket).exists() and not run(["docker", f"--host=unix://{socket}", "inspect", container(MANAGER)])[0]:
            return f"unix://{socket}"
    raise LabError(f"No engine on this machine carries the lab {NAME}.")


def run(command: Sequence[str], timeout: float = 120) -> tuple[int, str]:
    """The exit code and what was said; a command that takes too long is an error like any other."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return 124, f"{' '.join(command)} took longer than {timeout:g} s"
    return done.returncode, (done.stdout + done.stderr).strip()


def docker(*arguments: str, timeout: float = 120) -> str:
    code, said = run(["docker", f"--host={engine()}", *arguments], timeout)
    if code:
        raise LabError(f"docker {' '.join(arguments)}: {said}")
    return said


def ask(host: str, command: str, timeout: float = 60) -> tuple[int, str]:
    """Run a shell command inside a host, whatever comes of it."""
    return run(["docker", f"--host={engine()}", "exec", container(host), "sh", "-c", command], timeout)


def run_on(host: str, command: str, timeout: float = 120) -> str:
    code, said = ask(host, command, timeout)
    if code:
        raise LabError(f"{host}: {command}: {said}")
    return said


def set_cable(host: str, *state: str) -> None:
    """Pull out the cable of the first interface (down), plug it in again (up), or have it carry less (mtu, bytes)."""
    arguments = [container(host), "management", address(host), *state]
    code, said = run(["env", f"DOCKER_HOST={engine()}", "sh", str(SET_CABLE), *arguments])
    if code:
        raise LabError(said)


def on_all(function: Callable[[str], Value], hosts: Sequence[str] = HOSTS) -> dict[str, Value]:
    """Do something for each host, all at once."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        return dict(zip(hosts, pool.map(function, hosts), strict=True))


def inventory_variables() -> dict[str, Any]:
    """What the lab's inventory says about how all hosts are reached."""
    return yaml.safe_load((INVENTORY / "hosts.yml").read_text())["gpu_hosts"]["vars"]
