# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The links of GPUs: PCIe, NVLink and the fabric of NVSwitches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .problem import ERROR, WARNING, Facts, GpuProblem, label, labels

SEAT = (
    "Have the seat of the GPU, its riser and its slot checked, and the slot's settings in the firmware; then restart "
    "the host."
)
# At rest a GPU may lower its link to save power, as NVIDIA documents for generation and width.
BUSY_STATES = ("P0", "P1", "P2")
BUSY_PERCENT = 50
# More lanes are only those of a virtual machine, whose ports say nothing of the real slot.
WIDEST = 16
COMPLETED, SUCCESS = "completed", "success"
FABRIC = (
    "Install nvidia-fabricmanager in exactly the driver's version, and start it: systemctl enable --now "
    "nvidia-fabricmanager. Without it CUDA does not start on these GPUs (error 802)."
)


def pcie_problems(gpu: Facts) -> Iterator[GpuProblem]:
    """A link that is narrower than both of its ends, and a slower one of a GPU that works."""
    link, at_work = gpu["pcie"], gpu["performance_state"] in BUSY_STATES
    width, most, slot = link["width"], link["width_max"], link["slot_width"]
    if width and most and width < most:
        found = f"{label(gpu)}: its PCIe link has {width} lanes, and the GPU has {most}"
        if slot == width:
            yield GpuProblem(WARNING, f"{found}: its slot has no more", "Move it to a wider slot where there is one.")
        elif not at_work:
            rest = f"; at rest ({gpu['performance_state']}) a GPU may save power by that"
            yield GpuProblem(WARNING, f"{found}{rest}", "Look at it again while the GPU works (nvidia-smi -q).")
        elif slot and width < slot <= WIDEST:
            yield GpuProblem(ERROR, f"{found}, and its slot {slot}", SEAT)
        else:
            yield GpuProblem(WARNING, f"{found}; how many its slot has is not known", SEAT)
    now, fastest = link["generation"], link["generation_max"]
    is_busy = at_work and (gpu["utilization_percent"] or 0) >= BUSY_PERCENT
    if is_busy and now and fastest and now < fastest:
        found = f"{label(gpu)}: its PCIe link is of generation {now} at work, and {fastest} is possible"
        yield GpuProblem(ERROR, found, SEAT)


def nvlink_problems(facts: Facts, gpus: Sequence[Facts]) -> Iterator[GpuProblem]:
    """Fewer links than another GPU of the same model has on the same host."""
    most: dict[str, int] = {}
    for gpu in facts["gpus"]:
        most[gpu["model"]] = max(most.get(gpu["model"], 0), gpu["nvlinks"]["active"])
    for gpu in gpus:
        active = gpu["nvlinks"]["active"]
        if active < most[gpu["model"]]:
            yield GpuProblem(
                ERROR,
                f"{label(gpu)}: {active} of its NVLinks are active, and {most[gpu['model']]} of another {gpu['model']}",
                "See nvidia-smi nvlink --status and the Xid errors 74 and 149 in the kernel's log; have the bridge or "
                "the module's seat checked, and restart the host.",
            )


def fabric_problems(facts: Facts, gpus: Sequence[Facts]) -> Iterator[GpuProblem]:
    """A fabric whose manager does not run, or that did not take the GPU."""
    manager, switches = facts["fabric_manager"], facts["nvswitches"]
    waiting = [gpu for gpu in gpus if not _is_in_fabric(gpu, bool(switches), manager)]
    if not waiting:
        return
    names = labels(waiting)
    fabric = f"{switches} NVSwitches" if switches else "a fabric of NVLink"
    if manager != "active":
        found = f"{names}: joined by {fabric}, and nvidia-fabricmanager.service is {manager or 'not known'}"
        yield GpuProblem(ERROR, found, FABRIC)
    else:
        states = ", ".join(sorted({f"{gpu['fabric']['state']} {gpu['fabric']['status']}".strip() for gpu in waiting}))
        yield GpuProblem(
            ERROR,
            f"{names}: not taken into the fabric (its state is {states})",
            "See journalctl -u nvidia-fabricmanager and /var/log/fabricmanager.log, and restart that service.",
        )


def _is_in_fabric(gpu: Facts, has_switches: bool, manager: str) -> bool:
    """A GPU without NVLink says nothing of a fabric; one of Ampere does not either, though it may have one.

    In a container the manager is not found, since it runs on the machine below.
    """
    state, status = (gpu["fabric"][name].lower() for name in ("state", "status"))
    if state:
        return state == COMPLETED and status in ("", SUCCESS)
    return not has_switches or manager == "active" or (manager == "not-found" and gpu["nvlinks"]["active"] > 0)
