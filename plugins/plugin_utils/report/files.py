# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the artifacts; a missing or damaged file is reported, and no error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .values import record, text

# The largest JSON file, and the longest line of a file of lines.
MOST_BYTES = 256 * 1024**2
MOST_LINE_BYTES = 8 * 1024**2
# The most that is kept of a file of lines; the collection writes smaller ones.
MOST_KEPT_BYTES = 64 * 1024**2
CLUSTER_FILES = ("preflight.json", "overlay-matrix.json", "network-check.json")


# The events of a job, and the seconds since the epoch until which it was followed, or None.
History = tuple[list[dict[str, Any]], float | None]


@dataclass(frozen=True)
class ArtifactFile:
    """The content of one file; ``problem`` says what of it could not be used, and is empty where all could."""

    name: str
    content: Any
    problem: str = ""


@dataclass(frozen=True)
class ClusterArtifacts:
    sources: tuple[ArtifactFile, ...]
    jobs: tuple[ArtifactFile, ...]


@dataclass(frozen=True)
class JobArtifacts:
    """``logs`` are the trainer's logs by host; ``histories`` are those of all jobs of the cluster."""

    name: str
    job: ArtifactFile
    watch: ArtifactFile
    events: ArtifactFile
    logs: dict[str, ArtifactFile]
    cluster: ClusterArtifacts
    histories: tuple[History, ...] = ()


def read_cluster(directory: Path) -> ClusterArtifacts:
    """Return the artifacts of the cluster, and the records of all jobs."""
    return ClusterArtifacts(tuple(read_json(directory, name) for name in CLUSTER_FILES), read_jobs(directory))


def read_jobs(directory: Path) -> tuple[ArtifactFile, ...]:
    """Return the records of all jobs, none where the directory is missing."""
    names = sorted(path.parent.name for path in directory.glob("*/job.json"))
    return tuple(read_json(directory, f"{name}/job.json") for name in names)


def read_job(directory: Path, name: str) -> JobArtifacts:
    """Return the artifacts of a job, and those of the cluster."""
    logs = sorted((directory / name).glob("*/trainer_log.jsonl"))
    return JobArtifacts(
        name=name,
        job=read_json(directory, f"{name}/job.json"),
        watch=read_lines(directory, f"{name}/watch.jsonl"),
        events=read_lines(directory, f"{name}/events.jsonl"),
        logs={path.parent.name: read_lines(directory, path.relative_to(directory).as_posix()) for path in logs},
        cluster=read_cluster(directory),
        histories=read_histories(directory),
    )


def read_histories(directory: Path) -> tuple[History, ...]:
    """Return the events of all jobs, each with the seconds since the epoch until which it was followed, or None."""
    return tuple(_history(path) for path in sorted(directory.glob("*/events.jsonl")))


def _history(path: Path) -> History:
    try:
        until = path.with_name("watch.jsonl").stat().st_mtime
    except OSError:
        until = None
    return read_lines(path.parent, path.name).content, until


def find(artifacts: ClusterArtifacts, name: str) -> dict[str, Any]:
    """Return the content of the file of this name, empty where there is none."""
    return next((record(one.content) for one in artifacts.sources if one.name == name), {})


def read_json(directory: Path, name: str) -> ArtifactFile:
    """Return a file with one JSON object."""
    content, problem = _read(directory / name)
    if problem:
        return ArtifactFile(name, {}, problem)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return ArtifactFile(name, {}, "is no JSON")
    return ArtifactFile(name, found) if isinstance(found, dict) else ArtifactFile(name, {}, "holds no JSON object")


def read_lines(directory: Path, name: str) -> ArtifactFile:
    """Return the entries of a file of JSON lines, or every second, fourth, ... one where it is too large."""
    try:
        with (directory / name).open("rb") as stream:
            return ArtifactFile(name, *_entries(stream))
    except OSError as error:
        return ArtifactFile(name, [], _why(error))


def _entries(stream: BinaryIO) -> tuple[list[dict[str, Any]], str]:
    kept: list[tuple[int, dict[str, Any]]] = []
    stride, lines, bad, size, waiting = 1, 0, 0, 0, b""
    for line in _lines(stream):
        lines += 1
        # Keep the last line, whatever its number.
        waiting = line if (lines - 1) % stride else b""
        if waiting:
            continue
        entry = _entry(line)
        if entry is None:
            bad += 1
            continue
        kept.append((len(line), entry))
        size += len(line)
        if size > MOST_KEPT_BYTES:
            kept, stride = kept[::2], stride * 2
            size = sum(one for one, _entry in kept)
    last = _entry(waiting) if waiting else None
    problems = [f"has {bad} of {lines} lines that are no JSON object; they are left out"] if bad else []
    problems += [f"has {lines} lines, of which one in {stride} was read"] if stride > 1 else []
    return [*(entry for _size, entry in kept), *([last] if last else [])], "; ".join(problems)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(MOST_LINE_BYTES):
        if line.strip():
            yield line


def unusable(sources: Iterator[ArtifactFile]) -> list[dict[str, str]]:
    """Return name and problem of each file that has one."""
    return [{"name": text(one.name), "problem": one.problem} for one in sources if one.problem]


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _read(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > MOST_BYTES:
            return "", f"is larger than {MOST_BYTES // 1024**2} MiB"
        return path.read_text(encoding="utf-8", errors="replace"), ""
    except OSError as error:
        return "", _why(error)


def _why(error: OSError) -> str:
    return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
