# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Planted listings of sick GPUs and of sick hosts, with what is said of each and its remedy.

As a program it prints the table of them: in .collections,
C(PYTHONPATH=. python -m ansible_collections.distrain.cluster.tests.unit.support.sick_gpus).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import GpuUse
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.xids import XIDS
from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_health.rules import gpu_findings
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import changed, facts_of, process, without, xid

ALL = ("all",)
TRAINING = GpuUse(processes=8, claimed=ALL, image="team/trainer:1", shm_size="16gb")
THIRD = "GPU 2 (GPU-10000002, 0000:3b:00.0)"
RESET = "nvidia-smi --gpu-reset -i 2"
WIDTH = "pci/pci_gpu_link_info/link_widths/current_link_width"
GENERATION = "pci/pci_gpu_link_info/pcie_gen/current_link_gen"
REASON = "clocks_event_reasons/clocks_event_reason_"
DOUBLE = "Driver/library version mismatch"
SHM = {"free_bytes": 60 * 2**20, "total_bytes": 64 * 2**20}

# name: (what is planted into the listing of the third of eight H200, what is found, what is to be done)
LISTINGS: dict[str, tuple[dict[str, str], str, str]] = {
    "uncorrected in DRAM": (
        {"ecc_errors/volatile/dram_uncorrectable": "2"},
        f"{THIRD}: 2 memory errors that ECC could not correct since",
        RESET,
    ),
    "uncorrected in SRAM": ({"ecc_errors/volatile/sram_uncorrectable_secded": "1"}, f"{THIRD}: 1 memory", RESET),
    "too many in SRAM": (
        {"ecc_errors/aggregate/sram_threshold_exceeded": "Yes"},
        f"{THIRD}: its SRAM had more",
        "have it replaced",
    ),
    "a row waits": ({"remapped_rows/remapped_row_pending": "Yes"}, f"{THIRD}: a bad row of its memory waits", RESET),
    "no row is left": (
        {"remapped_rows/remapped_row_failure": "Yes"},
        f"{THIRD}: a bad row of its memory could not",
        "trainer_launch_gpu_devices, and have it replaced",
    ),
    "a page waits": ({"retired_pages/pending_retirement": "Yes"}, f"{THIRD}: bad pages or parts", RESET),
    "a channel waits": ({"ecc_errors/channel_repair_pending": "Yes"}, f"{THIRD}: bad pages or parts", RESET),
    "memory beyond repair": (
        {"ecc_errors/unrepairable_memory": "Yes"},
        f"{THIRD}: its memory cannot be repaired",
        "have it replaced",
    ),
    "the driver wants a reset": ({"gpu_recovery_action": "Reset"}, f"{THIRD}: the driver asks for", RESET),
    "the driver wants a restart": (
        {"gpu_recovery_action": "Reboot"},
        f"{THIRD}: the driver asks for",
        "Restart the host",
    ),
    "a narrow link": (
        {WIDTH: "8x"},
        f"{THIRD}: its PCIe link has 8 lanes, and the GPU has 16, and its slot 16",
        "the seat",
    ),
    "a slow link at work": (
        {GENERATION: "1", "utilization/gpu_util": "97 %"},
        f"{THIRD}: its PCIe link is of generation 1 at work, and 5 is possible",
        "the seat",
    ),
    "too hot": ({f"{REASON}hw_thermal_slowdown": "Active"}, f"{THIRD}: it is too hot", "cooling"),
    "a power brake": ({f"{REASON}hw_power_brake_slowdown": "Active"}, f"{THIRD}: the power supply", "power supplies"),
    "slowed by its hardware": (
        {f"{REASON}hw_slowdown": "Active"},
        f"{THIRD}: its hardware has lowered",
        "power cables",
    ),
    "outside its fabric": (
        {"fabric/state": "In Progress"},
        f"{THIRD}: not taken into the fabric (its state is In Progress Success)",
        "journalctl -u nvidia-fabricmanager",
    ),
    "a fabric that failed": (
        {"fabric/status": "Insufficient Resources"},
        f"{THIRD}: not taken",
        "restart that service",
    ),
    "divided by MIG": ({"mig_mode/current_mig": "Enabled"}, f"{THIRD}: MIG is on", "nvidia-smi -i 2 -mig 0"),
    "divided among virtual machines": (
        {"gpu_virtualization_mode/virtualization_mode": "Host VGPU"},
        f"{THIRD}: it is divided among virtual machines",
        "Run the job in these machines",
    ),
    "a stranger": (
        {"processes": process(4711, "/usr/bin/python3")},
        f"{THIRD}: used by what is no trainer: /usr/bin/python3 (PID 4711, 524.29 MB)",
        "trainer_launch_share_gpus",
    ),
}


BUS_OF_THIRD = "0000:3b:00.0"
EIGHT = facts_of("h200", 8)
# Of nothing that nvidia-smi says anything can be read.
SILENT = {**EIGHT, "gpus": [], "library_version": "", "cuda_version": ""}
GARBAGE = "nvidia-smi -q -x printed no listing but: ??"
NEWER = {"CUDA_VERSION": "13.0.1", "NVIDIA_REQUIRE_CUDA": "cuda>=13.0 brand=unknown,driver>=535,driver<536"}
DRIVER_535 = {"cuda_version": "12.2", "driver_version": "535.216.03", "library_version": "535.216.03"}

# name: (the facts of the host, what the job is to do, what is found, what is to be done)
HOSTS: dict[str, tuple[dict[str, Any], GpuUse, str, str]] = {
    "the driver lacks one": (
        {**EIGHT, "driver_gpus": [one for one in EIGHT["driver_gpus"] if one["pci_address"] != BUS_OF_THIRD]},
        TRAINING,
        f"the PCI bus has 8 GPUs of NVIDIA, of which the driver cannot use {BUS_OF_THIRD}",
        "journalctl -k",
    ),
    "nvidia-smi lacks one": (
        without(EIGHT, 2),
        TRAINING,
        f"the driver has 8 GPUs, of which nvidia-smi does not list {BUS_OF_THIRD}",
        "restart the host",
    ),
    "an updated driver": (
        {**EIGHT, "gpus": [], "nvidia_smi": {"rc": 18, "said": DOUBLE}},
        TRAINING,
        "NVIDIA's driver was updated",
        "Restart the host",
    ),
    "another library": (
        {**EIGHT, "driver_version": "575.57.08"},
        TRAINING,
        "NVIDIA's kernel module is of version 575.57.08, and its library of 580.105.08",
        "Restart the host",
    ),
    "nvidia-smi is absent": (
        {**SILENT, "driver_gpus": [], "nvidia_smi": {"rc": None, "said": "nvidia-smi is not installed"}},
        TRAINING,
        "the PCI bus has 8 of NVIDIA's GPUs, and its module (nvidia-580.105.08) was not built for",
        "dkms autoinstall",
    ),
    "nvidia-smi fails": (
        {**SILENT, "nvidia_smi": {"rc": 9, "said": "NVIDIA-SMI has failed because it couldn't communicate with"}},
        TRAINING,
        "the PCI bus has 8 of NVIDIA's GPUs, and the driver is loaded; nvidia-smi -L says: NVIDIA-SMI has failed",
        "restart the host",
    ),
    "nvidia-smi hangs": (
        {**SILENT, "nvidia_smi": {"rc": None, "said": "nvidia-smi -L took longer than 60 s"}},
        TRAINING,
        "the PCI bus has 8 of NVIDIA's GPUs, and nvidia-smi does not answer: nvidia-smi -L took longer than 60 s",
        "restart the host",
    ),
    "nvidia-smi prints garbage": (
        {**SILENT, "nvidia_smi": {"rc": 0, "said": "\x00\x7f?"}, "problems": [GARBAGE]},
        TRAINING,
        "the host has 8 of NVIDIA's GPUs, and of none of them anything can be read: nvidia-smi -q -x printed no",
        "Run it on the host",
    ),
    "no fabric manager": (
        {**changed(EIGHT, 2, "fabric", {"state": "In Progress", "status": ""}), "fabric_manager": "inactive"},
        TRAINING,
        f"{THIRD}: joined by 4 NVSwitches, and nvidia-fabricmanager.service is inactive",
        "systemctl enable --now nvidia-fabricmanager",
    ),
    "fewer NVLinks": (
        changed(EIGHT, 2, "nvlinks", {"active": 16}),
        TRAINING,
        f"{THIRD}: 16 of its NVLinks are active, and 18 of another NVIDIA H200",
        "nvidia-smi nvlink --status",
    ),
    "/dev/shm of a container's default": (
        {**EIGHT, "shared_memory": SHM},
        TRAINING,
        "its /dev/shm has 62.91 MB free of 67.11 MB, and NCCL needs about 2.15 GB for 8 processes",
        "trainer_launch_ipc",
    ),
    "/dev/shm full of files": (
        {**EIGHT, "shared_memory": {"free_bytes": 2**20, "total_bytes": 64 * 2**30}},
        TRAINING,
        "its /dev/shm has 1.05 MB free of 68.72 GB",
        "Remove files there",
    ),
    "a small shm_size": (
        EIGHT,
        replace(TRAINING, ipc="private", shm_size="64mb"),
        "the container's /dev/shm is to have 67.11 MB",
        "Raise trainer_launch_shm_size",
    ),
    "a small memlock with RDMA": (
        EIGHT,
        replace(TRAINING, memlock=8 * 2**20, has_rdma=True),
        "RDMA is used, and memlock of trainer_launch_ulimits lets 8 processes pin no more than 8.39 MB",
        "at -1",
    ),
    "an image of a newer CUDA": (
        {**EIGHT, **DRIVER_535},
        replace(TRAINING, environment=NEWER),
        "the image team/trainer:1 is for CUDA 13.0, and NVIDIA's driver 535.216.03 serves CUDA up to 12.2",
        "Install a newer driver",
    ),
    "an image for other architectures": (
        EIGHT,
        replace(TRAINING, environment={"TORCH_CUDA_ARCH_LIST": "7.0 7.5 8.0 8.6"}),
        "GPUs 0, 1, 2, 3, 4, 5, 6, 7: a NVIDIA H200 of compute capability 9.0, which the image team/trainer:1 was not",
        "image_build_base_image",
    ),
    "a GPU that CUDA no longer serves": (
        {**EIGHT, "gpus": [{**one, "compute_capability": "7.0"} for one in EIGHT["gpus"]]},
        replace(TRAINING, environment={"CUDA_VERSION": "13.0.1"}),
        "GPUs 0, 1, 2, 3, 4, 5, 6, 7: a NVIDIA H200 of compute capability 7.0, which CUDA 13.0 of the image",
        "image_build_base_image",
    ),
}


def without_recovery(facts: dict[str, Any]) -> dict[str, Any]:
    """The same host as a driver before R565 describes it, which does not say what it needs after an error."""
    return {**facts, "gpus": [{**one, "recovery_action": ""} for one in facts["gpus"]]}


def sick_hosts() -> Iterator[tuple[str, dict[str, Any], GpuUse]]:
    """Yield each host that must be refused, with its name and what a job would do with its GPUs."""
    for name, (planted, _words, _remedy) in LISTINGS.items():
        yield name, facts_of("h200", 8, planted, at=2), TRAINING
    for name, (facts, use, _words, _remedy) in HOSTS.items():
        yield name, facts, use
    for one in XIDS.values():
        if one.needs_recovery:
            name = f"Xid {one.number}"
            yield name, without_recovery(facts_of("h200", 8, xids=[xid(one.number, BUS_OF_THIRD)])), TRAINING


def main() -> None:
    rows = [
        (name, one.found, one.remedy)
        for name, facts, use in sick_hosts()
        for one in gpu_findings({"gpu-01": facts}, {"gpu-01": use})
        if one.severity == "error"
    ]
    print("\n".join(table_lines([("planted", "refused with", "remedy"), *rows])))
    print(f"{len(rows)} refused")


if __name__ == "__main__":
    main()
