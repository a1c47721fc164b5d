# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the space on the disks that an engine uses, or will use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..findings.finding import Finding
from ..installation.engine_version import engine_major
from .report import HostReport, PreflightSettings, answering

# The first engine of Docker's that keeps images in containerd where it is installed anew.
CONTAINERD_ENGINE_MAJOR = 29


def find_full_disks(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    for report, facts in answering(reports):
        for disk in facts["disks"]:
            yield from _judge(report.name, disk, wanted.minimum_disk_bytes, "error")
        # A path that is set by hand is judged alone.
        if not facts["disks"]:
            yield from _engine_disks(report, facts.get("engine_disks") or (), wanted.minimum_disk_bytes)


def _engine_disks(report: HostReport, disks: Sequence[Mapping[str, Any]], minimum: int) -> Iterator[Finding]:
    """With containerd's image store the images lie with containerd, and the engine's own data need less."""
    in_containerd = keeps_images_in_containerd(report)
    judged = [one for one in disks if in_containerd or one["of"] == "engine"]
    holders = {_file_system(one) for one in judged if one["of"] == "containerd"}
    for disk in judged:
        holds_images = disk["of"] == "containerd" or not in_containerd
        # What lies on the disk of the images is judged with them.
        if holds_images or _file_system(disk) not in holders:
            yield from _judge(report.name, disk, minimum, "error" if holds_images else "warning")


def keeps_images_in_containerd(report: HostReport) -> bool:
    """Whether the engine keeps its images in containerd, or will: by its options, or as it runs, or by its release."""
    configured = (report.engine.get("configuration") or {}).get("containerd_image_store")
    for decided in (report.wants_containerd, configured, report.engine.get("containerd_image_store")):
        if decided is not None:
            return bool(decided)
    is_new = not report.engine.get("installed") and report.docker_source == "docker"
    pinned = engine_major(report.docker_ce_version)
    return is_new and (not pinned or pinned >= CONTAINERD_ENGINE_MAJOR)


def _judge(host: str, disk: Mapping[str, Any], minimum: int, severity: str) -> Iterator[Finding]:
    if disk["free_bytes"] >= minimum:
        return
    source = f" ({_whose(disk)})" if disk.get("source") else ""
    found = f"{_gigabytes(disk['free_bytes'])} free below {disk['path']}{source}, {_gigabytes(minimum)} needed"
    remedy = "Free some space, or lower preflight_minimum_disk_bytes."
    if disk.get("of") == "engine":
        remedy = "Free some space, set data-root in docker_daemon_options to a larger disk, or lower "
        remedy += "preflight_minimum_disk_bytes."
    elif disk.get("of") == "containerd":
        remedy = "Free some space, set root in /etc/containerd/config.toml to a larger disk, or lower "
        remedy += "preflight_minimum_disk_bytes."
    yield Finding(host, severity, "preflight_minimum_disk_bytes", found, remedy)


def _whose(disk: Mapping[str, Any]) -> str:
    what = "the images, in containerd" if disk["of"] == "containerd" else "the engine's data"
    return f"{what}; by {disk['source']}"


def _file_system(disk: Mapping[str, Any]) -> tuple[int, int]:
    return disk["free_bytes"], disk["total_bytes"]


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
