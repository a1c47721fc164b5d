# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What two hosts say of a job that runs on them."""

from __future__ import annotations

from typing import Any

RANKS = [{"host": host, "rank": rank, "processes": 8, "container": f"t-{host}"} for rank, host in enumerate(("a", "b"))]
SAID = {
    "name": "sft",
    "trainer": "t",
    "launcher": "torchrun",
    "settings": {"stage": "sft"},
    "environment": {"NODE_RANK": "0", "HF_TOKEN": "hidden"},
    "network": "overlay",
    "collection_version": "1.0.0",
    "image_name": "distrain/t:1",
    "plan": ["job network  all  overlay"],
}


def job(rank: int, **changes: Any) -> dict[str, Any]:
    return {
        "state": "running",
        "exit_code": None,
        "attempt": "monday",
        "rank": rank,
        "world_size": 16,
        "command": ["torchrun", str(rank)],
        "interface": "eth0",
        "started": 100.0 + rank,
        "ended": None,
        "progress": {},
    } | changes


def seen(*jobs: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """None is a host that does not answer."""
    facts = {"engine": {"version": "26.1.5"}, "kernel": "6.12", "gpu_driver": "535.104.05", "gpus": [{}] * 8}
    image = {"layers": ["sha256:1", "sha256:2"], "labels": {"io.distrain.commit": "e3d8", "x": "y"}}
    return {
        host: {"job": one, "container": {"image_id": "sha256:9"} if one else None, "image": image, "facts": facts}
        for host, one in zip(("a", "b"), jobs, strict=True)
    }
