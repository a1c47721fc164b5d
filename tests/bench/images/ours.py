# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A delivery by the product, as a user has it: one task of Ansible over all hosts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.images.lab import Lab
from tests.faults.lab import ROOT, LabError
from tests.faults.play import environment

_PLAYBOOK = Path(__file__).parent / "deliver.yml"
_LIMIT_SECONDS = 420


@dataclass(frozen=True)
class Delivered:
    """C(seconds) is how long the task took over all hosts; C(results) are those of the hosts."""

    seconds: float
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def failures(self) -> dict[str, str]:
        bad = {host: one for host, one in self.results.items() if one.get("failed") or one.get("unreachable")}
        return {host: str(one.get("msg")) for host, one in bad.items()}


def deliver(
    lab: Lab, image: str, hosts: Sequence[str], meanwhile: Callable[[subprocess.Popen[str]], None] | None = None
) -> Delivered:
    """C(meanwhile) may do something to the run; then failures are for the caller to judge."""
    variables = {"bench_hosts": ",".join(hosts), "bench_image": image, "bench_source": lab.source}
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        str(_PLAYBOOK),
        f"--inventory={lab.inventory / 'hosts.yml'}",
        f"--extra-vars={json.dumps(variables)}",
        f"--forks={len(lab.hosts)}",
    ]
    running = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        if meanwhile:
            meanwhile(running)
        said, complained = running.communicate(timeout=_LIMIT_SECONDS)
    except BaseException:
        stop(running, signal.SIGKILL)
        running.communicate()
        raise
    delivered = read(said) if "{" in said else Delivered(0.0)
    if not meanwhile and (running.returncode or set(hosts) - set(delivered.results)):
        raise LabError(f"image_transfer of {image}: {delivered.failures() or said + complained}")
    return delivered


def stop(running: subprocess.Popen[str], how: signal.Signals) -> None:
    """As Ctrl-C does: the controller, and all that it has started."""
    if running.poll() is None:
        os.killpg(running.pid, how)


def read(said: str) -> Delivered:
    """From the report of the callback ansible.posix.json."""
    try:
        report = json.loads(said[said.index("{") :])
    except ValueError:
        return Delivered(0.0)
    tasks = [task for play in report["plays"] for task in play["tasks"]]
    if not tasks or "end" not in tasks[-1]["task"]["duration"]:
        return Delivered(0.0)
    start, end = (datetime.fromisoformat(tasks[-1]["task"]["duration"][edge]) for edge in ("start", "end"))
    return Delivered((end - start).total_seconds(), tasks[-1]["hosts"])
