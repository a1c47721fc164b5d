# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From which hosts results are fetched, and below which directory of theirs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.filter.job_status import job_logs
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.volume_root import volume_root


@pytest.mark.parametrize(
    ("path", "volumes", "root"),
    [
        ("/srv/output/sft", ["/srv/output:/app/output"], "/srv/output"),
        ("/srv/output", ["/srv/output/:/app/output:rw"], "/srv/output"),
        ("/srv/t/output/sft", ["/srv/t/output:/app/output", "/srv/t:/app"], "/srv/t"),
        ("/srv/t/output/sft", ["/srv/t/output:/app/output", "/srv/t:/app:ro,z"], "/srv/t/output"),
        ("/srv/output2/sft", ["/srv/output:/app/output"], ""),
        ("/data/sft", ["/:/host", "/data:/data"], "/"),
        ("", ["/srv/output:/app/output"], ""),
        ("/srv/output/sft", ["output:/app/output"], ""),
    ],
)
def test_no_container_can_exchange_the_root(path: str, volumes: list[str], root: str) -> None:
    assert volume_root(path, volumes) == root


@pytest.mark.parametrize(("rank", "hosts"), [(-1, ["a", "b"]), (0, ["a"]), (1, ["b"]), (7, [])])
def test_the_hosts_of_a_job(rank: int, hosts: list[str]) -> None:
    hostvars: dict[str, Any] = {
        "a": {"found": {"jobs": [{"name": "sft", "rank": 0, "state": "running", "last_lines": []}]}},
        "b": {"found": {"jobs": [{"name": "sft", "rank": 1, "state": "running", "last_lines": []}]}},
        "none": {"found": {"jobs": []}},
        "unreachable": {"found": {"unreachable": True, "msg": "no route"}},
        "never": {},
    }
    found = job_logs(hostvars, list(hostvars), "found", "sft", rank)
    assert found["hosts"] == hosts
    assert "==> unreachable did not answer: no route" in found["lines"]
