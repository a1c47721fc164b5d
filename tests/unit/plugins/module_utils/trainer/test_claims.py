# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ports and GPUs of trainers that stand side by side on one host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.trainer import claims as claims_plan
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import Claim, conflicts


def container(trainer: str, port: str = "", gpus: str = "") -> dict[str, Any]:
    return {"Labels": {"io.distrain.trainer": trainer, "io.distrain.port": port, "io.distrain.gpus": gpus}}


@pytest.mark.parametrize(
    ("wanted", "there", "problem"),
    [
        (Claim("b", ("29500",)), container("a", "29500"), ""),
        (Claim("b", ("29500",)), container("a", "0.0.0.0:29500"), ""),
        (Claim("b", ("0.0.0.0:29501",)), container("a", "0.0.0.0:29500"), ""),
        (Claim("b", ("0.0.0.0:29500",)), container("a", "0.0.0.0:29500"), "port 29500 belongs to the trainer a"),
        (Claim("b", ("127.0.0.1:7860",)), container("a", "127.0.0.1:7860"), "port 7860 belongs to the trainer a"),
        (Claim("b", ("127.0.0.1:7860",)), container("a", "192.0.2.1:7860"), ""),
        (Claim("b", ("127.0.0.1:7860",)), container("a", "0.0.0.0:7860"), "trainer_launch_webui_port"),
        (Claim("a", ("127.0.0.1:7860",)), container("a", "127.0.0.1:7860"), ""),
        (
            Claim("b", gpus=("all",)),
            container("a", gpus="all"),
            "b is to have all GPUs, but the trainer a has all GPUs",
        ),
        (Claim("b", gpus=("all",)), container("a", gpus="0,1"), "the trainer a has GPU 0, 1 already"),
        (Claim("b", gpus=("0",)), container("a", gpus="all"), "b is to have GPU 0, but the trainer a has all GPUs"),
        (Claim("b", gpus=("1", "2")), container("a", gpus="0,1"), "trainer_launch_gpu_devices"),
        (Claim("b", gpus=("2", "3")), container("a", gpus="0,1"), ""),
        (Claim("b", gpus=("1:0",)), container("a", gpus="1"), "b is to have GPU 1:0"),
        (Claim("b", gpus=("1:0",)), container("a", gpus="1:1"), ""),
        (Claim("b", gpus=("1:0",)), container("a", gpus="11"), ""),
        (Claim("b"), container("a", gpus="all"), ""),
        (Claim("b", gpus=("all",)), container("a"), ""),
        (Claim("b", ("0.0.0.0:29500",), ("all",)), {"Labels": None}, ""),
        (Claim("b", ("0.0.0.0:29500",), ("all",)), {"Labels": {"other": "x"}}, ""),
    ],
)
def test_what_another_trainer_has_is_refused(wanted: Claim, there: dict[str, Any], problem: str) -> None:
    found = conflicts("gpu-01", [wanted], [there])
    assert len(found) == bool(problem)
    assert all(one.startswith("Host gpu-01: ") and problem in one for one in found)


def test_the_way_out_is_named() -> None:
    (found,) = conflicts("gpu-01", [Claim("b", gpus=("all",))], [container("a", gpus="all")])
    assert "docker compose --project-name a down" in found
    assert "trainer_launch_share_gpus" in found


def test_shared_gpus_are_no_conflict_and_ports_are() -> None:
    wanted = [Claim("b", ("0.0.0.0:29500",), ("all",))]
    there = [container("a", "0.0.0.0:29500", "all")]
    assert len(conflicts("gpu-01", wanted, there)) == 2
    (left,) = conflicts("gpu-01", wanted, there, share_gpus=True)
    assert "port 29500" in left


def test_the_same_is_said_once() -> None:
    there = [container("a", "29500", "all"), container("a", "127.0.0.1:7860", "all")]
    wanted = [Claim("b", ("29500",), ("all",)), Claim("b", ("127.0.0.1:7861",), ("all",))]
    assert len(conflicts("gpu-01", wanted, there)) == 1


@pytest.mark.parametrize(
    ("devices", "count", "claim"),
    [([], 0, []), ([], 8, ["all"]), ([0, 1], 2, ["0", "1"]), (["GPU-5d7c"], 1, ["GPU-5d7c"])],
)
def test_which_gpus_a_trainer_takes(devices: list[Any], count: int, claim: list[str]) -> None:
    assert claims_plan.gpu_claim(devices, count, "gpu-01") == claim


@pytest.mark.parametrize(
    ("devices", "count", "message"),
    [
        ([2], 2, "Host gpu-01 has 2 GPUs, but trainer_launch_gpu_devices names 2"),
        ([0], 0, "Host gpu-01 has no GPUs"),
        ([1, "1"], 2, "names a GPU twice"),
    ],
)
def test_gpus_that_a_host_does_not_have_are_refused(devices: list[Any], count: int, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        claims_plan.gpu_claim(devices, count, "gpu-01")


def test_the_devices_are_of_the_kind_of_the_whole() -> None:
    assert claims_plan.cdi_devices(["all"], "nvidia.com/gpu=all") == ["nvidia.com/gpu=all"]
    assert claims_plan.cdi_devices(["0", "1:0"], "nvidia.com/gpu=all") == ["nvidia.com/gpu=0", "nvidia.com/gpu=1:0"]
    assert claims_plan.cdi_devices([], "nvidia.com/gpu=all") == []
