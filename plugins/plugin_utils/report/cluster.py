# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build the content of a cluster's page from the artifacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .choices import ReportedChoice, planned_choices
from .files import ArtifactFile, ClusterArtifacts, find, unusable
from .head import OUTCOMES, Figure, Head
from .hosts import Parity, hosts_table, image_parity
from .matrix import HeatMap, heat_map
from .network_check import NetworkCheck, latest, network_checks
from .table import Cell, Table
from .values import number, record, records, text
from .words import UNKNOWN, count, duration, figure, moment

FINDING_FIELDS = ("severity", "host", "subject", "found", "remedy")
FINDING_HEADINGS = ("Severity", "Host", "About", "Found", "What to do")
JOB_HEADINGS = ("Job", "Outcome", "Trainer", "Began", "Took", "Hosts", "Steps", "Loss")


@dataclass(frozen=True)
class ClusterPage:
    """``hosts`` and ``parity`` are those of the job ``newest``, or else of the network check."""

    head: Head
    newest: str
    jobs: Table | None
    findings: Table | None
    problem: str
    hosts: Table | None
    parity: Parity
    plan: Sequence[ReportedChoice]
    matrix: HeatMap | None
    checks: Sequence[NetworkCheck]
    unusable: Sequence[dict[str, str]]
    version: str


def cluster_page(artifacts: ClusterArtifacts) -> ClusterPage:
    """Return the content of the cluster's page."""
    preflight, matrix = find(artifacts, "preflight.json"), heat_map(find(artifacts, "overlay-matrix.json"))
    jobs = sorted(artifacts.jobs, key=_began, reverse=True)
    newest = record(jobs[0].content) if jobs else {}
    check = find(artifacts, "network-check.json")
    hosts = records(newest.get("hosts")) or [host for one in latest(check) for host in records(one.get("hosts"))]
    plan = record(preflight.get("plan"))
    return ClusterPage(
        head=_head(matrix, hosts, preflight, jobs),
        newest=text(newest.get("name")),
        jobs=_jobs(jobs),
        findings=_findings(preflight),
        problem=text(plan.get("problem")),
        hosts=hosts_table(hosts),
        parity=image_parity(hosts, record(newest.get("image"))),
        plan=planned_choices(preflight),
        matrix=matrix,
        checks=network_checks(check),
        unusable=unusable(iter((*artifacts.sources, *artifacts.jobs))),
        version=text(newest.get("collection_version")),
    )


def _began(source: ArtifactFile) -> float:
    return number(record(source.content).get("began")) or 0.0


def _head(
    matrix: HeatMap | None, hosts: Sequence[dict[str, Any]], preflight: dict[str, Any], jobs: Sequence[ArtifactFile]
) -> Head:
    state = "unknown" if matrix is None else "whole" if matrix.whole else "broken"
    problem = text(record(preflight.get("plan")).get("problem"))
    return Head(
        "Cluster", matrix.network if matrix else "", state, problem, list(_figures(matrix, hosts, preflight, jobs))
    )


def _figures(
    matrix: HeatMap | None, hosts: Sequence[dict[str, Any]], preflight: dict[str, Any], jobs: Sequence[ArtifactFile]
) -> Iterator[Figure]:
    known = len(matrix.hosts) if matrix else len(hosts)
    yield Figure("Hosts", count(known) if known else UNKNOWN)
    processes = sum(number(one.get("processes")) or 0 for one in hosts)
    yield Figure("Processes", count(processes) if processes else UNKNOWN, "of the newest job" if processes else "")
    yield Figure("Slowest pair", f"{matrix.lowest} {matrix.unit}" if matrix else UNKNOWN)
    findings = records(preflight.get("findings"))
    errors = sum(one.get("severity") == "error" for one in findings)
    yield Figure(
        "Findings", count(len(findings)) if preflight else UNKNOWN, f"{errors} of them errors" if errors else ""
    )
    yield Figure("Jobs", count(len(jobs)))


def _jobs(jobs: Sequence[ArtifactFile]) -> Table | None:
    rows = [_job(source.name.partition("/")[0], record(source.content)) for source in jobs]
    return (
        Table("Jobs, the newest first", JOB_HEADINGS, rows, figures=("Took", "Hosts", "Steps", "Loss"))
        if rows
        else None
    )


def _job(name: str, job: dict[str, Any]) -> list[Cell]:
    began, ended, results = number(job.get("began")), number(job.get("ended")), record(job.get("results"))
    outcome = text(job.get("outcome"))
    return [
        Cell(name),
        Cell(outcome or UNKNOWN, outcome if outcome in OUTCOMES else ""),
        Cell(text(job.get("trainer")) or UNKNOWN),
        Cell(moment(began), "quiet"),
        Cell(duration(ended - began if began is not None and ended is not None else None), "number"),
        Cell(count(len(records(job.get("hosts")))), "number"),
        Cell(count(results.get("steps")), "number"),
        Cell(_last_loss(results), "number"),
    ]


def _last_loss(results: dict[str, Any]) -> str:
    """Return the last loss, marked where the training has diverged."""
    diverged = record(results.get("diverged"))
    return f"{text(diverged.get('loss')) or UNKNOWN} (diverged)" if diverged else figure(results.get("last_loss"))


def _findings(preflight: dict[str, Any]) -> Table | None:
    rows = [
        [Cell(text(one.get(field)) or UNKNOWN, _kind(field, one)) for field in FINDING_FIELDS]
        for one in records(preflight.get("findings"))
    ]
    return Table("Findings", FINDING_HEADINGS, rows) if rows else None


def _kind(field: str, finding: dict[str, Any]) -> str:
    if field == "severity":
        return {"error": "failed", "warning": "finding"}.get(text(finding.get("severity")), "kind")
    return "words" if field in {"found", "remedy"} else ""
