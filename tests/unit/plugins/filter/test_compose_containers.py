# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.filter.compose_containers import compose_containers


def container(name: str, directory: str | None) -> dict[str, Any]:
    labels = {"com.docker.compose.project": "p", "com.docker.compose.project.working_dir": directory}
    return {"Names": [f"/{name}"], "Labels": labels if directory else None}


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("/var/lib/distrain/trainers/llama-factory", [{"name": "trainer", "project": "p"}]),
        ("/var/lib/distrain", [{"name": "trainer", "project": "p"}]),
        ("/var/lib/distrain-lab", []),
        ("/srv/web", []),
        (None, []),
    ],
)
def test_only_projects_below_the_directory_are_chosen(directory: str | None, expected: list[dict[str, str]]) -> None:
    assert compose_containers([container("trainer", directory)], "/var/lib/distrain") == expected


def test_a_container_without_a_working_directory_is_not_chosen() -> None:
    lone = {"Names": ["/lone"], "Labels": {"com.docker.compose.project": "p"}}
    assert compose_containers([lone], "/var/lib/distrain") == []
