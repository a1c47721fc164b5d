# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be done on each host to have NVIDIA's driver there in one version, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .driver_needs import host_decision
from .driver_refusals import DONE, INSTALLED, PACKAGES, PENDING, START, host_problems
from .hosts import Host, refuse

STAGES = (START, PACKAGES, INSTALLED, DONE, PENDING)


def decide(
    hosts: Sequence[Host], stage: str, check_mode: bool = False, has_bundle: bool = False, judged: str = ""
) -> dict[str, Any]:
    """The needs of each host, and the order in which hosts are changed, one after another.

    ``stage`` is C(start), or C(packages) once apt on the hosts has said what it has, C(installed) and C(done) once the
    host
    ``judged`` was changed, or C(pending) at the end. Raises PlanError where a host is not to be touched, or did not
    become
    as wanted.
    """
    refuse(
        (host.name, problem)
        for host in hosts
        if judged in ("", host.name)
        for problem in host_problems(host, stage, check_mode, has_bundle)
    )
    decided = {host.name: host_decision(host, has_bundle) for host in hosts}
    if stage == PENDING and not check_mode:
        _refuse_pending(decided)
    return {"hosts": decided, "order": [name for name, one in decided.items() if one["needs"]]}


def _refuse_pending(decided: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise PlanError where hosts wait for a restart; what was done so far stays."""
    waiting = {name: one["restart"] for name, one in decided.items() if one["restart"]}
    if waiting:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in waiting.items())
        raise PlanError(
            f"A restart is pending on {', '.join(waiting)} ({reasons}). The driver is installed; nvidia_driver_reboot "
            "is never, so that no host was restarted. Restart them one after another by this playbook with -e "
            "nvidia_driver_reboot=when_needed, or by hand, and run it again."
        )
