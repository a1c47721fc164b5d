# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages of this host's engine: installed by apt, and put back where the engine does not come up with them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.command import run_command
from ..base.errors import ClusterError
from ..base.plan import Step
from ..engine.client import EngineClient
from ..host.facts import observe_host
from ..swarm.facts import observe_engine
from .packages import OBSERVED_PACKAGES
from .running_work import running_work
from .unit import EngineUnit
from .upgrade_plan import UpgradeState, former_packages

# A dpkg that is killed leaves packages half installed: this is for a server that never ends its answer.
APT_SECONDS = 3600
POLL_SECONDS = 1.0


def observe_upgrade(params: Mapping[str, Any]) -> UpgradeState:
    socket = params["docker_socket"]
    engine = observe_engine(socket)
    node = engine["swarm"] or {}
    return UpgradeState(
        packages=_installed(params),
        version=engine["version"] or "",
        node_state=node.get("local_node_state") or "",
        node_error=node.get("error") or "",
        work=running_work(EngineClient(socket).get),
    )


def apply_upgrade(step: Step, former: UpgradeState, params: Mapping[str, Any]) -> None:
    """Install the packages of the step. Raises ClusterError where the engine, or its node, does not work with them."""
    packages = step.arguments["packages"]
    reason = _apt(packages, params) or _why_not_up("start", former, params)
    if reason:
        raise ClusterError(f"{_said(packages, reason)} {_put_back(former, params)}")


def _put_back(former: UpgradeState, params: Mapping[str, Any]) -> str:
    """Install the former packages again, and return in a few sentences what has come of it."""
    packages = former_packages(former.packages, _installed(params))
    if not packages:
        return "Nothing was changed: look at the versions that are wanted, and at apt's sources on this host."
    names = ", ".join(packages)
    failure = _apt(packages, params, "--allow-downgrades")
    if failure:
        return (
            f"It could not be put back to {names} either: {_sentence(failure)} Bring these packages to the host "
            "(apt-get install --allow-downgrades ./FILE.deb), or correct what journalctl -u docker names."
        )
    again = _why_not_up("restart", former, params) if former.version else ""
    if again:
        return f"It was put back to {names}, and does not come up with that either: {_sentence(again)}"
    return f"It was put back to {names}, and works again; journalctl -u docker on this host says more."


def _why_not_up(verb: str, former: UpgradeState, params: Mapping[str, Any]) -> str:
    """Return why the engine does not answer, or is no node any more where it was one; empty where all is well."""
    unit = EngineUnit(params["docker_socket"])
    reason = unit.why_not_up("restart" if unit.runs_replaced_program() else verb, params["timeout"])
    if reason or not former.is_working_node:
        return reason
    deadline = time.monotonic() + params["timeout"]
    while not (now := observe_upgrade(params)).is_working_node:
        if time.monotonic() > deadline:
            state = now.node_error or f"its node is {now.node_state or 'in no swarm'}"
            return f"it answers, and does not work in its swarm as before: {state}"
        time.sleep(POLL_SECONDS)
    return ""


def _apt(packages: Sequence[str], params: Mapping[str, Any], *options: str) -> str:
    """Install packages, and return the reason of a failure; empty on success."""
    done = run_command(
        [
            *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", "--quiet", "--no-install-recommends"),
            *("--option", f"DPkg::Lock::Timeout={params['lock_timeout']}"),
            *("--option", "Dpkg::Options::=--force-confdef", "--option", "Dpkg::Options::=--force-confold"),
            *options,
            "install",
            *packages,
        ],
        APT_SECONDS,
    )
    if done.rc == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.startswith(("E:", "dpkg:"))]
    return " ".join(lines) or " ".join(done.stderr.split()) or f"apt-get ended with {done.rc}"


def _installed(params: Mapping[str, Any]) -> Mapping[str, str]:
    names = {one.partition("=")[0] for one in params["packages"]} | set(OBSERVED_PACKAGES)
    found: Mapping[str, str] = observe_host([], sorted(names))["packages"]
    return found


def _said(packages: Sequence[str], reason: str) -> str:
    return f"The engine of this host was to be upgraded ({', '.join(packages)}), and that failed: {_sentence(reason)}"


def _sentence(reason: str) -> str:
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."
