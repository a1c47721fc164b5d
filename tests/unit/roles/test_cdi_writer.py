# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's own writer of CDI specifications, for hosts with GPUs of the machine and for those with a stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.role_programs import load_program

writer = load_program("lab", "stand_in_nvidia_ctk")


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("lib64/libcuda.so.580.1", "lib64/libnvidia-ml.so.580.1", "lib64/libcudart.so.13", "bin/nvidia-smi"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "lib64/libcuda.so.1").symlink_to("libcuda.so.580.1")
    monkeypatch.setattr(writer, "DRIVER", tmp_path)
    monkeypatch.setattr(writer, "gpu_numbers", lambda: [2, 3])
    return tmp_path


def test_each_gpu_is_a_device_and_all_are_one(driver: Path) -> None:
    devices = {one["name"]: one["containerEdits"]["deviceNodes"] for one in writer.specification()["devices"]}
    second, third = {"path": "/dev/nvidia2"}, {"path": "/dev/nvidia3"}
    assert devices == {"0": [second], "1": [third], "all": [second, third]}


def test_a_library_has_each_of_its_names(driver: Path) -> None:
    mounts = writer.specification()["containerEdits"]["mounts"]
    found = {Path(one["containerPath"]).name: one["hostPath"] for one in mounts}
    assert found == {
        "libcuda.so.1": f"{driver}/lib64/libcuda.so.580.1",
        "libcuda.so.580.1": f"{driver}/lib64/libcuda.so.580.1",
        "libnvidia-ml.so.580.1": f"{driver}/lib64/libnvidia-ml.so.580.1",
        "nvidia-smi": f"{driver}/bin/nvidia-smi",
    }
    assert all(one["options"] == ["ro", "nosuid", "nodev", "bind"] for one in mounts)


def test_a_stand_in_has_its_device_and_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "DRIVER", tmp_path / "nothing")
    specification = writer.specification()
    assert [one["name"] for one in specification["devices"]] == ["0", "all"]
    assert all(one["containerEdits"] == {"deviceNodes": [{"path": "/dev/nvidia0"}]} for one in specification["devices"])
    assert [one["containerPath"] for one in specification["containerEdits"]["mounts"]] == ["/usr/bin/nvidia-smi"]
