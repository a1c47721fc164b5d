# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the hosts stand and what is wrong, as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines

from ..findings.finding import ALL_HOSTS
from ..findings.table import finding_lines
from .differences import in_words
from .images import holders
from .observation import Cluster, Host

HEADING = ("host", "engine", "swarm", "GPUs", "image", "free", "trainer", "job", "findings")
NOTHING = "-"
UNKNOWN = "?"


def doctor_lines(cluster: Cluster, diagnosis: Mapping[str, Any]) -> list[str]:
    """Return one line for each host, two for each finding, and one for each difference."""
    findings = diagnosis["findings"]
    rows = [HEADING, *(_row(host, cluster, findings) for host in cluster.hosts)]
    differences = [[one["severity"], "differs", one["subject"], in_words(one)] for one in diagnosis["differences"]]
    lines = [*table_lines(rows), *finding_lines(findings), *(table_lines(differences) if differences else [])]
    return [*lines, summary(diagnosis["counts"])]


def summary(counts: Mapping[str, int]) -> str:
    """Return C(2 errors, 1 warning), or that nothing is wrong."""
    words = [f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts.items() if count]
    return f"{', '.join(words)}." if words else "Nothing is wrong."


def refusal(diagnosis: Mapping[str, Any], report: str) -> str:
    """Return the message with which the doctor fails: the count, and the worst in full."""
    worst = [one for one in diagnosis["findings"] if one["severity"] == diagnosis["worst"]]
    listed = "; ".join(f"{one['host']}: {one['found'].rstrip('.')}. {one['remedy'].rstrip('.')}" for one in worst[:3])
    more = f" and {len(worst) - 3} more" if len(worst) > 3 else ""
    where = f" {report} has all of it." if report else ""
    return f"The doctor found {summary(diagnosis['counts'])} {listed}{more}.{where} Nothing was changed on any host."


def host_state(host: Host, cluster: Cluster) -> dict[str, Any]:
    """Return how a host stands, in words."""
    trainer = host.containers.get(f"{cluster.trainer}-{host.name}")
    jobs = host.jobs.get("jobs") or ()
    newest = max(jobs, key=lambda job: job["started"] or 0) if jobs else None
    return {
        "engine": host.engine.get("version") or ("not reached" if host.facts is None else "silent"),
        "swarm": _node(host, cluster),
        "gpus": UNKNOWN if host.facts is None else str(len(host.facts["gpus"])),
        "image": _image(host, cluster),
        "free": _free(host),
        "trainer": trainer["status"] if trainer else NOTHING,
        "job": f"{newest['name']} {newest['state']}" if newest else NOTHING,
    }


def _row(host: Host, cluster: Cluster, findings: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    own = sum(host.name in one["host"].split(", ") for one in findings)
    everybody = sum(one["host"] == ALL_HOSTS for one in findings)
    count = f"{own} and {everybody} of all" if everybody else str(own)
    return (host.name, *host_state(host, cluster).values(), count)


def _node(host: Host, cluster: Cluster) -> str:
    if not host.answers:
        return UNKNOWN
    nodes = (cluster.view.membership.get("nodes") or ()) if cluster.view else ()
    listed = next((one for one in nodes if one["id"] == host.membership.get("node_id")), None)
    role = "manager" if host.membership.get("is_manager") else "worker"
    if not host.is_node or listed is None:
        return str(host.membership.get("state") or UNKNOWN)
    state = listed["state"] if listed["availability"] == "active" else f"{listed['state']}, {listed['availability']}"
    return f"{role}, {state}"


def _image(host: Host, cluster: Cluster) -> str:
    if "images" not in host.images:
        return UNKNOWN if host.facts is None or not host.answers else NOTHING
    identity = next(iter(holders([host], cluster.image)), "")
    return identity.removeprefix("sha256:")[:12] or "absent"


def _free(host: Host) -> str:
    disks = (host.facts or {}).get("engine_disks") or ()
    return f"{disks[0]['free_bytes'] / 1e9:.0f} GB" if disks else UNKNOWN
