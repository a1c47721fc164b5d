# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of the product, and what it said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import lab

LIMIT_SECONDS = 420


@dataclass(frozen=True)
class Inventory:
    """The lab's hosts in other groups, or with other variables, than its own inventory has them."""

    managers: Sequence[str] = lab.HOSTS[:1]
    workers: Sequence[str] = lab.HOSTS[1:]
    variables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def write(self) -> Path:
        """Beside the lab's own inventory, whose group variables it shares."""
        groups = {"managers": self.managers, "workers": self.workers}
        children = {group: {"hosts": {name: self._host(name) for name in names}} for group, names in groups.items()}
        path = lab.INVENTORY / "case.yml"
        path.write_text(json.dumps({"gpu_hosts": {"vars": lab.inventory_variables(), "children": children}}, indent=2))
        return path

    def _host(self, name: str) -> dict[str, Any]:
        return {"ansible_port": lab.ssh_port(name), **self.variables.get(name, {})}


@dataclass(frozen=True)
class Outcome:
    """``said`` is the error, each host's line once; ``shown`` is what the run printed besides.

    ``changes`` are the tasks that changed something, C(HOST: TASK).
    """

    failed: bool
    said: str
    shown: str
    changed: int
    seconds: float
    changes: Sequence[str] = ()


@dataclass(frozen=True)
class Play:
    """A playbook of the collection with variables, on the lab's inventory or on another."""

    playbook: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    inventory: Inventory | None = None

    def do(self) -> None:
        outcome = self.run()
        if outcome.failed:
            raise lab.LabError(f"{self.playbook}: {outcome.said}")

    def run(self) -> Outcome:
        inventory = self.inventory.write() if self.inventory else lab.INVENTORY / "hosts.yml"
        command = [*ansible(self.playbook), f"--inventory={inventory}", f"--extra-vars={json.dumps(self.variables)}"]
        started = time.monotonic()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=LIMIT_SECONDS, env=environment(), check=False
            )
        except subprocess.TimeoutExpired:
            return Outcome(True, f"The run took longer than {LIMIT_SECONDS} s.", "", 0, time.monotonic() - started)
        return read_outcome(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


def ansible(playbook: str) -> list[str]:
    return [str(Path(sys.executable).with_name("ansible-playbook")), str(lab.ROOT / "playbooks" / f"{playbook}.yml")]


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(lab.ROOT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_NOCOLOR": "1",
    }


def read_outcome(code: int, stdout: str, stderr: str, seconds: float) -> Outcome:
    # The callback prints its report last; before it stands what actions have printed.
    printed, start, report_text = f"\n{stdout}".rpartition("\n{\n")
    try:
        report = json.loads(start + report_text)
    except ValueError:
        return Outcome(code != 0, f"{stdout}\n{stderr}".strip(), "", 0, seconds)
    stats = report["stats"]
    stopped = {host for host, counts in stats.items() if counts["failures"] or counts["unreachable"]}
    results = [pair for play in report["plays"] for task in play["tasks"] for pair in task["hosts"].items()]
    # What was rescued, and an unreachable host that a later task judges, come before the last error of a host.
    errors = {host: " ".join(failures(result)) for host, result in results if host in stopped and has_failed(result)}
    shown = [printed.strip()]
    shown += [
        str(result["msg"]) for _host, result in results if "debug" in result.get("action", "") and "msg" in result
    ]
    changed = sum(counts["changed"] for counts in stats.values())
    said = "\n".join(f"{host}: {error}" for host, error in errors.items())
    return Outcome(code != 0, said, "\n".join(dict.fromkeys(filter(None, shown))), changed, seconds, changes(report))


def changes(report: Mapping[str, Any]) -> list[str]:
    tasks = [task for play in report["plays"] for task in play["tasks"]]
    return [
        f"{host}: {task['task']['name']}"
        for task in tasks
        for host, result in task["hosts"].items()
        if result.get("changed")
    ]


def has_failed(result: Mapping[str, Any]) -> bool:
    return bool(result.get("failed") or result.get("unreachable"))


def failures(result: Mapping[str, Any]) -> Iterator[str]:
    """The messages of a result that failed; of a loop, those of the items that failed."""
    for one in [item for item in result.get("results", ()) if has_failed(item)] or [result]:
        yield " ".join(str(one.get("msg") or one.get("module_stderr") or "no message").split())
