# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes and copies by which a container would reach the host's own files, or root the container's."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.boundary import boundary_problems

HOME = "/var/lib/distrain/trainers/t"
DATA = {"src": "data/", "dest": "data"}


@pytest.mark.parametrize(
    ("volumes", "copies"),
    [
        ([], []),
        ([f"{HOME}/output:/app/output", f"{HOME}/data:/app/data:ro"], [DATA]),
        ([f"{HOME}/data:/app/data:ro,z"], [DATA]),
        # Where no container sees it, nobody can exchange it.
        ([f"{HOME}/output:/app/output"], [DATA]),
        ([f"{HOME}/database:/app/db"], [DATA]),
        (["models:/app/models"], [DATA]),
        ([f"{HOME}/controls:/c"], []),
    ],
)
def test_what_keeps_host_and_container_apart(volumes: list[str], copies: list[dict[str, Any]]) -> None:
    assert boundary_problems(volumes, copies, HOME) == []


@pytest.mark.parametrize(
    ("volumes", "copies", "says"),
    [
        ([f"{HOME}:/all"], [], f"{HOME} of the host"),
        (["/:/host:ro"], [], "/ of the host"),
        ([f"{HOME}/control/sft:/c"], [], "/control/sft of the host"),
        ([f"{HOME}/x/../logs:/c"], [], "/logs of the host"),
        ([f"{HOME}/data:/app/data"], [DATA], "Mount that volume read-only"),
        ([f"{HOME}/data/inner:/app/inner"], [DATA], "Mount that volume read-only"),
        ([f"{HOME}/data:/app/data:rw,z"], [{"src": "m", "dest": "data/m"}], f"to {HOME}/data/m"),
        ([], [{"src": "evil", "dest": "control/sft"}], "are the host's own"),
        ([], [{"src": "evil", "dest": "./runner"}], "are the host's own"),
        ([], [{"src": "evil", "dest": "."}], "are the host's own"),
    ],
)
def test_what_is_refused(volumes: list[str], copies: list[dict[str, Any]], says: str) -> None:
    (problem,) = boundary_problems(volumes, copies, HOME)
    assert says in problem
