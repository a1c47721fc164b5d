# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.gpus import (
    MachineGpus,
    gpu_problems,
    host_gpus,
    share_out,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.machine_gpus import observe_machine_gpus

ADDRESSES = {0: "0000:17:00.0", 1: "0000:3d:00.0"}
BUS = {address: f"/sys/devices/pci0000:00/{address}" for address in ADDRESSES.values()}
SHARED = ["/dev/nvidiactl", "/dev/nvidia-uvm"]
MACHINE = MachineGpus(ADDRESSES, BUS, SHARED, {"/usr/local/nvidia": "/usr/local/nvidia"})
CACHE = """2 libs found in cache `/etc/ld.so.cache'
\tlibnvidia-ml.so.1 (libc6,x86-64) => {root}/usr/lib/libnvidia-ml.so.1
\tlibnvidia-ml.so.1 (libc6) => {root}/usr/lib32/libnvidia-ml.so.1
\tlibcuda.so.1 (libc6,x86-64) => {root}/usr/lib/libcuda.so.1
\tlibcudart.so.12 (libc6,x86-64) => {root}/usr/lib/libcudart.so.12
"""


@pytest.mark.parametrize(
    ("wanted", "hosts", "minors", "shares"),
    [
        (0, 2, [0, 1], [[], []]),
        (1, 1, [0], [[0]]),
        (2, 2, [1, 0], [[0], [1]]),
        (4, 2, [0, 1, 2, 3], [[0, 1], [2, 3]]),
        (3, 2, [0, 1, 2, 3], [[0, 1], [2]]),
        (1, 3, [4, 6], [[4], [], []]),
        (8, 3, list(range(8)), [[0, 1, 2], [3, 4, 5], [6, 7]]),
    ],
)
def test_gpus_are_shared_out(wanted: int, hosts: int, minors: list[int], shares: list[list[int]]) -> None:
    assert share_out(wanted, hosts, minors) == shares


@pytest.mark.parametrize(
    ("wanted", "hosts", "shares"),
    [(1, 3, [[0], [0], [0]]), (2, 3, [[0], [2], [0]]), (2, 2, [[0], [2]]), (2, 1, [[0, 2]]), (0, 2, [[], []])],
)
def test_hosts_share_gpus_where_there_are_fewer(wanted: int, hosts: int, shares: list[list[int]]) -> None:
    assert share_out(wanted, hosts, [2, 0], is_shared=True) == shares


def test_a_host_gets_its_gpus_and_sees_no_others() -> None:
    first, second = host_gpus(2, 2, MACHINE)
    assert first == {
        "gpus": [0],
        "gpu_arguments": [
            "--device=/dev/nvidia0",
            "--device=/dev/nvidiactl",
            "--device=/dev/nvidia-uvm",
            "--volume=/usr/local/nvidia:/usr/local/nvidia:ro",
        ],
        "hidden_gpus": ["/sys/devices/pci0000:00/0000:3d:00.0", "/proc/driver/nvidia/gpus/0000:3d:00.0"],
    }
    assert second["gpus"] == [1] and "--device=/dev/nvidia1" in second["gpu_arguments"]


def test_a_host_without_gpus_sees_none() -> None:
    none = host_gpus(1, 2, MACHINE)[1]
    hidden = [*BUS.values(), "/proc/driver/nvidia", "/sys/module/nvidia"]
    assert none == {"gpus": [], "gpu_arguments": [], "hidden_gpus": hidden}
    assert host_gpus(0, 1, MACHINE) == [none]
    assert host_gpus(0, 1, MachineGpus())[0]["hidden_gpus"] == []


def test_gpus_whose_addresses_are_not_known_are_shared_out_too() -> None:
    shares = host_gpus(2, 2, MachineGpus({0: "", 1: ""}, {}, SHARED, MACHINE.driver_files))
    assert [(one["gpus"], one["hidden_gpus"]) for one in shares] == [([0], []), ([1], [])]


@pytest.mark.parametrize(
    ("wanted", "stand_in", "machine", "words"),
    [
        (3, False, MACHINE, "lab_gpus is 3, and this machine has 2 GPUs"),
        (1, False, MachineGpus(), "this machine has no GPU: there is no /dev/nvidia0"),
        (1, True, MACHINE, "or stand-ins for them"),
        (1, False, MachineGpus(ADDRESSES, BUS, [], MACHINE.driver_files), "lacks /dev/nvidiactl: its driver"),
        (1, False, MachineGpus(ADDRESSES, BUS, SHARED, {}), "lacks libcuda.so and nvidia-smi"),
        (
            1,
            False,
            MachineGpus(
                ADDRESSES, BUS, SHARED, {"/usr/local/nvidia/lib64/libcuda.so.580.1": "/usr/lib/libcuda.so.580.1"}
            ),
            "lacks nvidia-smi",
        ),
    ],
)
def test_gpus_that_cannot_be_had_are_refused(wanted: int, stand_in: bool, machine: MachineGpus, words: str) -> None:
    problems = gpu_problems(wanted, stand_in, machine)
    assert len(problems) == 1 and words in problems[0]


def test_gpus_that_can_be_had() -> None:
    assert gpu_problems(2, False, MACHINE) == []
    assert gpu_problems(0, True, MachineGpus()) == []


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with two GPUs: links on its bus, device nodes, and what the driver says in /proc."""
    for minor, address in ADDRESSES.items():
        device = tmp_path / "sys/devices/pci0000:00" / address
        device.mkdir(parents=True)
        link = tmp_path / "sys/bus/pci/devices" / address
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(device)
        information = tmp_path / "proc/driver/nvidia/gpus" / address / "information"
        information.parent.mkdir(parents=True)
        information.write_text(f"Model: \t\t NVIDIA H200\nDevice Minor: \t {minor}\n")
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / "dev" / name).touch()
    return tmp_path


def test_a_machine_with_the_driver_in_one_directory(machine: Path) -> None:
    for name in ("bin/nvidia-smi", "lib64/libcuda.so.1"):
        path = machine / "usr/local/nvidia" / name
        path.parent.mkdir(parents=True)
        path.touch()
    found = observe_machine_gpus(machine)
    assert (found.addresses, list(found.shared_devices)) == (ADDRESSES, SHARED)
    assert found.bus_paths == {one: f"{machine}/sys/devices/pci0000:00/{one}" for one in ADDRESSES.values()}
    assert found.driver_files == {"/usr/local/nvidia": f"{machine}/usr/local/nvidia"}


def test_a_machine_with_the_driver_among_all_libraries(machine: Path) -> None:
    for name in ("libcuda.so", "libnvidia-ml.so"):
        path = machine / "usr/lib" / f"{name}.580.1"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        (machine / "usr/lib" / f"{name}.1").symlink_to(path.name)
    files = observe_machine_gpus(machine, lambda: CACHE.format(root=machine)).driver_files
    libraries = {target: source for target, source in files.items() if "/lib64/" in target}
    assert libraries == {
        "/usr/local/nvidia/lib64/libcuda.so.580.1": f"{machine}/usr/lib/libcuda.so.580.1",
        "/usr/local/nvidia/lib64/libnvidia-ml.so.580.1": f"{machine}/usr/lib/libnvidia-ml.so.580.1",
    }


def test_a_machine_without_gpus(tmp_path: Path) -> None:
    assert observe_machine_gpus(tmp_path, str).addresses == {}
