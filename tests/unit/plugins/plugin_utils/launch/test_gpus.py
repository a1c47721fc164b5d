# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job is not started on GPUs that are sick, unless that is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import GpuUse
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import facts_of, process
from ansible_collections.distrain.cluster.tests.unit.support.launch_hosts import NAMES, bare, converged, decide, host

HEALTHY = facts_of("h200", 2)
SICK = facts_of("h200", 2, {"remapped_rows/remapped_row_failure": "Yes"}, at=1)
HOT = facts_of("h200", 2, {"clocks_event_reasons/clocks_event_reason_sw_thermal_slowdown": "Active"})
USED = facts_of("h200", 2, {"processes": process(7)})
OLD = {**HEALTHY, "driver_version": "535.216.03", "library_version": "535.216.03", "cuda_version": "12.2"}


def pair(first: Any, second: Any, *, gpus: int = 2, image: Any = None, **changes: Any) -> list[Any]:
    observed = {name: {**bare(name), "gpu": gpu} for name, gpu in zip(NAMES, (first, second), strict=True)}
    for one in observed.values():
        one["image"] = {**one["image"], "environment": image or {}}
    return [host(name, observed[name], gpus, **changes) for name in NAMES]


def test_healthy_gpus() -> None:
    assert decide(*pair(HEALTHY, HEALTHY))["gpu_findings"] == []


def test_a_sick_gpu_is_refused_by_host_gpu_and_remedy() -> None:
    with pytest.raises(PlanError) as refused:
        decide(*pair(HEALTHY, SICK))
    first, last = refused.value.message.splitlines()
    assert first.startswith("Host gpu-02: GPU 1 (GPU-10000001, 0000:2a:00.0): a bad row of its memory could not be")
    assert first.endswith("Take it out of trainer_launch_gpu_devices, and have it replaced.")
    assert last.endswith("trainer_launch_gpu_health: warn starts the job all the same.")


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"gpu_health": "warn"}, 1),
        ({"gpu_health": "ignore"}, 0),
        ({"gpu_devices": ["0"]}, 0),
        ({"gpu_count": 0, "gpus": 0}, 0),
        ({"job_config": {}}, 0),
    ],
)
def test_where_it_is_not_refused(changes: dict[str, Any], count: int) -> None:
    made = decide(*pair(HEALTHY, SICK, **changes))
    assert [one["host"] for one in made["gpu_findings"]] == ["gpu-02"] * count


def test_a_warning_is_shown_and_a_note_is_not() -> None:
    without_persistence = facts_of("h200", 2, {"persistence_mode": "Disabled"})
    (one,) = decide(*pair(HOT, without_persistence))["gpu_findings"]
    assert (one["host"], one["severity"]) == ("gpu-01", "warning")


def test_what_is_not_started_is_not_judged() -> None:
    followed = [host(name, {**converged(name, {"state": "running"}), "gpu": SICK}, 0) for name in NAMES]
    assert decide(*followed)["gpu_findings"] == []


@pytest.mark.parametrize(
    ("first", "changes", "words"),
    [
        (USED, {}, "used by what is no trainer: python3"),
        (HEALTHY, {"ipc": "private", "shm_size": "64mb"}, "Raise trainer_launch_shm_size"),
        (OLD, {"image": {"CUDA_VERSION": "13.0.1"}}, "the image team/trainer:1 is for CUDA 13.0"),
    ],
)
def test_what_a_job_needs(first: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        decide(*pair(first, HEALTHY, **changes))
    assert "error" in {
        one["severity"] for one in decide(*pair(first, HEALTHY, **changes, gpu_health="warn"))["gpu_findings"]
    }


def test_a_restart_is_judged_by_the_same() -> None:
    """Each host gets what its agent needs for that; what is only to be shown does not keep a job from its restart."""
    stopped = {name: {**converged(name, {"state": "stopped"}), "gpu": None} for name in NAMES}
    made = decide(*[host(name, stopped[name], 2) for name in NAMES])
    assert made["hosts"]["gpu-01"]["gpu_use"] is None
    well = {name: {**converged(name, {"state": "stopped"}), "gpu": HEALTHY} for name in NAMES}
    for health, is_judged in (("refuse", True), ("warn", False)):
        made = decide(*[host(name, well[name], 2, gpu_health=health) for name in NAMES])
        use = made["hosts"]["gpu-01"]["gpu_use"]
        assert (use is not None) is is_judged
        assert not use or GpuUse(**use).processes == 2
