# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read what the artifacts hold; what is missing or damaged is told, never fatal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.report_values import record, text

# A file of a job of weeks has some ten MB.
MOST_BYTES = 256 * 1024**2
CLUSTER_FILES = ("preflight.json", "overlay-matrix.json", "network-check.json")


@dataclass(frozen=True)
class Source:
    """One file; ``problem`` says what of it could not be used, and is empty where all of it could."""

    name: str
    content: Any
    problem: str = ""


@dataclass(frozen=True)
class ClusterArtifacts:
    sources: tuple[Source, ...]
    jobs: tuple[Source, ...]


@dataclass(frozen=True)
class JobArtifacts:
    """``logs`` are what the trainer wrote down on each host, by the host's name."""

    name: str
    job: Source
    watch: Source
    events: Source
    logs: dict[str, Source]
    cluster: ClusterArtifacts


def read_cluster(directory: Path) -> ClusterArtifacts:
    return ClusterArtifacts(tuple(read_json(directory, name) for name in CLUSTER_FILES), read_jobs(directory))


def read_jobs(directory: Path) -> tuple[Source, ...]:
    """The records of all jobs; none where there is no such directory."""
    names = sorted(path.parent.name for path in directory.glob("*/job.json"))
    return tuple(read_json(directory, f"{name}/job.json") for name in names)


def read_job(directory: Path, name: str) -> JobArtifacts:
    logs = sorted((directory / name).glob("*/trainer_log.jsonl"))
    return JobArtifacts(
        name=name,
        job=read_json(directory, f"{name}/job.json"),
        watch=read_lines(directory, f"{name}/watch.jsonl"),
        events=read_lines(directory, f"{name}/events.jsonl"),
        logs={path.parent.name: read_lines(directory, path.relative_to(directory).as_posix()) for path in logs},
        cluster=read_cluster(directory),
    )


def find(artifacts: ClusterArtifacts, name: str) -> dict[str, Any]:
    return next((record(one.content) for one in artifacts.sources if one.name == name), {})


def read_json(directory: Path, name: str) -> Source:
    content, problem = _read(directory / name)
    if problem:
        return Source(name, {}, problem)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return Source(name, {}, "is no JSON")
    return Source(name, found) if isinstance(found, dict) else Source(name, {}, "holds no JSON object")


def read_lines(directory: Path, name: str) -> Source:
    content, problem = _read(directory / name)
    entries = [_entry(line) for line in content.splitlines() if line.strip()]
    good = [one for one in entries if one is not None]
    if len(good) < len(entries):
        problem = f"has {len(entries) - len(good)} of {len(entries)} lines that are no JSON object; they are left out"
    return Source(name, good, problem)


def unusable(sources: Iterator[Source]) -> list[dict[str, str]]:
    return [{"name": text(one.name), "problem": one.problem} for one in sources if one.problem]


def _entry(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _read(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > MOST_BYTES:
            return "", f"is larger than {MOST_BYTES // 1024**2} MiB"
        return path.read_text(encoding="utf-8", errors="replace"), ""
    except FileNotFoundError:
        return "", "is not there"
    except OSError as error:
        return "", f"cannot be read: {error.strerror}"
