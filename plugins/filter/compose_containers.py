# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of an engine's containers a compose file below a directory has made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

PROJECT = "com.docker.compose.project"
DIRECTORY = "com.docker.compose.project.working_dir"


def compose_containers(containers: Iterable[Mapping[str, Any]], directory: str) -> list[dict[str, str]]:
    """Name and project of each container whose project's directory is ``directory`` or lies below it."""
    found = []
    for container in containers:
        labels = container.get("Labels") or {}
        project_directory = PurePosixPath(labels.get(DIRECTORY, ""))
        if PROJECT in labels and project_directory.is_relative_to(directory):
            found.append({"name": container["Names"][0].lstrip("/"), "project": labels[PROJECT]})
    return sorted(found, key=lambda one: one["name"])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"compose_containers": compose_containers}
