# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the service that keeps jobs, and about the jobs that it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.job.plan import RUNNING
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.phases import OVER

from ..findings.finding import ALL_HOSTS, Finding
from ..launch.keepers import newest_state
from .observation import Cluster, Host

SERVICE = "distrain-keeper.service"
SUBJECT = "keeper"


def find_keeper_problems(cluster: Cluster) -> Iterator[Finding]:
    answers = {host.name: host.keeper for host in cluster.hosts if "jobs" in host.keeper}
    states = {job: newest_state(answers, job) for answer in answers.values() for job in answer["jobs"]}
    kept = {job: state for job, state in states.items() if state["phase"] != OVER}
    for host in cluster.hosts:
        if host.name in answers:
            yield from _service(host, kept)
    for job, state in kept.items():
        yield from _job(job, state, cluster, answers)
    if len(answers) == len(cluster.hosts):
        yield from _kept_by_nobody(cluster, states)


def _service(host: Host, kept: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """The service where a job needs it: to be kept, to be given to another manager, or to be watched."""
    if host.keeper["active"]:
        return
    needed = [job for job, state in kept.items() if host.name in (*state["hosts"], *_keepers(job, state, host))]
    running = [one["name"] for one in host.jobs.get("jobs") or () if one["state"] == RUNNING]
    jobs = list(dict.fromkeys([*needed, *running]))
    if not jobs:
        return
    unit = host.keeper.get("unit") or {}
    what = "is not there" if unit.get("load") == "not-found" else f"does not run ({unit.get('state') or 'unknown'})"
    found = f"{SERVICE} {what}, without which nobody watches or restarts the job {', '.join(jobs)} on this host"
    remedy = f"See journalctl -u {SERVICE} there; playbooks/train.yml installs and starts it."
    yield Finding(host.name, "error", SUBJECT, found, remedy)


def _keepers(job: str, state: Mapping[str, Any], host: Host) -> list[str]:
    """The managers that keep the job in turn, or the one host that knows it."""
    return list(state["managers"]) or ([host.name] if job in host.keeper["jobs"] else [])


def _job(
    job: str, state: Mapping[str, Any], cluster: Cluster, answers: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    known = {host.name for host in cluster.hosts} | set(cluster.others)
    unknown = [host for host in state["hosts"] if host not in known]
    if unknown:
        found = f"the job {job} is kept on hosts that the inventory does not have: {', '.join(unknown)}"
        remedy = (
            "Put them back into the inventory, or end the job (playbooks/stop.yml -e "
            f"trainer_launch_job_name={job}) and start it on the hosts that are left."
        )
        yield Finding(ALL_HOSTS, "error", SUBJECT, found, remedy)
    for manager in state["managers"]:
        own = ((answers.get(manager) or {}).get("jobs") or {}).get(job)
        if manager in answers and (own is None or own["state"]["run"] != state["run"]):
            found = f"it does not know the job {job}, which it has to keep where other managers are lost"
            remedy = "Nothing now, while another manager answers: it gets the next job that is started."
            yield Finding(manager, "warning", SUBJECT, found, remedy)


def _kept_by_nobody(cluster: Cluster, states: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Jobs that run, of which no host knows more than its own rank, or another attempt that is over."""
    running = {
        one["name"]: one["attempt"]
        for host in cluster.hosts
        for one in host.jobs.get("jobs") or ()
        if one["state"] == RUNNING
    }
    for job, attempt in running.items():
        state = states.get(job)
        if state is None or (state["phase"] == OVER and state["attempt"] != attempt):
            found = f"the job {job} runs, and is kept by nobody"
            yield Finding(ALL_HOSTS, "warning", SUBJECT, found, "Run playbooks/train.yml, which gives it to a keeper.")
