# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seen from outside: the toolkit's wiring, with a stand-in for the GPU and for NVIDIA's packages."""

from __future__ import annotations

import json
from typing import Any

import pytest
import testinfra


@pytest.fixture(scope="module")
def gpu_host(request: pytest.FixtureRequest) -> Any:
    inventory = request.config.getoption("--ansible-inventory")
    return testinfra.get_host(f"ansible://gpu-01?ansible_inventory={inventory}&force_ansible=true&sudo=true")


@pytest.mark.parametrize(
    "name",
    ["nvidia-container-toolkit", "nvidia-container-toolkit-base", "libnvidia-container-tools", "libnvidia-container1"],
)
def test_all_packages_have_the_pinned_version(gpu_host: Any, name: str) -> None:
    assert gpu_host.package(name).version == "0.1-standin"


def test_the_engine_has_the_runtime_and_its_own_keys(gpu_host: Any) -> None:
    configuration = json.loads(gpu_host.file("/etc/docker/daemon.json").content_string)
    assert configuration["labels"] == ["owner=host"]
    assert configuration["features"] == {"containerd-snapshotter": False, "cdi": True}
    assert configuration["runtimes"]["nvidia"]["path"] == "nvidia-container-runtime"
    info = json.loads(gpu_host.check_output("docker info --format json"))
    assert "nvidia" in info["Runtimes"]
    assert info["Labels"] == ["owner=host"]


@pytest.mark.parametrize("device", ["nvidia.com/gpu=0", "nvidia.com/gpu=all"])
def test_a_container_sees_the_stand_in_gpu(gpu_host: Any, device: str) -> None:
    seen = gpu_host.check_output(f"docker run --rm --device {device} distrain/probe:1 nvidia-smi -L")
    assert seen.startswith("GPU 0: stand-in GPU of the lab")


def test_a_container_without_the_device_sees_none(gpu_host: Any) -> None:
    assert gpu_host.run("docker run --rm distrain/probe:1 nvidia-smi -L").rc != 0


def test_no_container_of_the_proof_is_left(gpu_host: Any) -> None:
    assert gpu_host.check_output("docker ps --all --quiet") == ""
