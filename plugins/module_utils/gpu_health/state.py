# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a GPU is set up and what it does now: lowered clocks, MIG, persistence, and who uses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..base.sizes import in_words
from .problem import ERROR, NOTE, WARNING, Facts, GpuProblem, GpuUse, label, labels

SLOWDOWNS = {
    "hw_thermal_slowdown": (ERROR, "it is too hot, and its clocks are halved or lower", "Have its cooling checked."),
    "hw_power_brake_slowdown": (
        ERROR,
        "the power supply has lowered its clocks (power brake)",
        "Have the host's power supplies and their cables checked.",
    ),
    "hw_slowdown": (
        ERROR,
        "its hardware has lowered its clocks",
        "Have its power cables, its power supply and its cooling checked.",
    ),
    "sw_thermal_slowdown": (
        WARNING,
        "the driver lowers its clocks, as it is hot",
        "Have its cooling checked, or lower its power: nvidia-smi -pl.",
    ),
}
# Their general reason comes with each of these.
MORE_EXACT = frozenset({"hw_thermal_slowdown", "hw_power_brake_slowdown"})
VIRTUAL, UNLICENSED = "vgpu", "unlicensed"
# Of GB10 (DGX Spark) nvidia-smi knows no memory.
SHARED_MEMORY = "GB10"
# It computes for others, each of which is listed itself.
SERVERS = ("nvidia-cuda-mps-server",)


def clock_problems(gpu: Facts) -> Iterator[GpuProblem]:
    reasons = set(gpu["slowdowns"])
    if reasons & MORE_EXACT:
        reasons.discard("hw_slowdown")
    for reason, (severity, what, remedy) in SLOWDOWNS.items():
        if reason in reasons:
            heat = f" ({gpu['temperature_celsius']} °C)" if gpu["temperature_celsius"] is not None else ""
            yield GpuProblem(severity, f"{label(gpu)}: {what}{heat}", remedy)


def mig_problems(gpu: Facts, use: GpuUse | None) -> Iterator[GpuProblem]:
    """No process uses more than one MIG device, and NCCL none beside others; a job that names them knows that."""
    if not gpu["mig"] or (use and any(":" in one or one.startswith("MIG-") for one in use.claimed)):
        return
    devices = gpu["mig_devices"]
    yield GpuProblem(
        ERROR if use else WARNING,
        f"{label(gpu)}: MIG is on, and it is divided into {devices} devices",
        f"Turn it off (nvidia-smi -i {gpu['index']} -mig 0, with nothing on it), or name in trainer_launch_gpu_devices "
        "the MIG devices, or GPUs without MIG.",
    )


def virtualization_problems(gpu: Facts, use: GpuUse | None) -> Iterator[GpuProblem]:
    """A virtual GPU, and one that this host gives to virtual machines."""
    mode = gpu["virtualization"].lower()
    if mode.startswith("host"):
        yield GpuProblem(
            ERROR if use else WARNING,
            f"{label(gpu)}: it is divided among virtual machines of this host (vGPU)",
            "Run the job in these machines, or leave the GPU out of trainer_launch_gpu_devices.",
        )
    if mode == VIRTUAL and gpu["license"].lower().startswith(UNLICENSED):
        yield GpuProblem(
            WARNING,
            f"{label(gpu)}: a virtual GPU (vGPU) without a license ({gpu['license']}), which its driver slows down",
            "Give the virtual machine a license (/etc/nvidia/gridd.conf), and see journalctl -u nvidia-gridd.",
        )
    elif mode == VIRTUAL:
        yield GpuProblem(
            NOTE,
            f"{label(gpu)}: a virtual GPU (vGPU), whose time and memory others may share",
            "Nothing to do where that is wanted; its driver has to be the one that belongs to the hypervisor's.",
        )


def memory_notes(gpu: Facts) -> Iterator[GpuProblem]:
    """A GPU on a chip with its processor, whose memory is the host's."""
    if SHARED_MEMORY in gpu["model"] and gpu["memory_bytes"] is None:
        yield GpuProblem(
            NOTE,
            f"{label(gpu)}: a {gpu['model']} has no memory of its own: it shares the host's, which a job can exhaust",
            "Leave room for the host itself: what the trainer allocates on the GPU is the host's memory, too.",
        )


def persistence_problems(gpus: Sequence[Facts]) -> Iterator[GpuProblem]:
    off = [gpu for gpu in gpus if gpu["persistence"] is False]
    if off:
        yield GpuProblem(
            NOTE,
            f"{labels(off)}: persistence is off, so that each first process waits for the driver",
            "Start nvidia-persistenced: systemctl enable --now nvidia-persistenced.",
        )


def process_problems(gpu: Facts, use: GpuUse | None) -> Iterator[GpuProblem]:
    """Processes that compute on it and are of no trainer; those of graphics alone take little."""
    strangers = [
        one
        for one in gpu["processes"]
        if "C" in one["type"]
        and not one["name"].endswith(SERVERS)
        and not (one["container"] and one["container"] in (use.containers if use else ()))
    ]
    if not strangers or (use and use.is_shared):
        return
    shown = ", ".join(
        f"{one['name'] or 'a process'} (PID {one['pid']}, {in_words(one['memory_bytes'] or 0)}"
        + (f", in container {one['container'][:12]})" if one["container"] else ")")
        for one in strangers[:3]
    )
    more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
    yield GpuProblem(
        ERROR if use else NOTE,
        f"{label(gpu)}: used by what is no trainer: {shown}{more}",
        "End it, or leave the GPU out of trainer_launch_gpu_devices; with trainer_launch_share_gpus both may use it.",
    )
