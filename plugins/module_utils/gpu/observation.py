# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One look at the GPUs of this host: the PCI bus, the driver, nvidia-smi and the kernel's log. Nothing is changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..base.command import search_path
from ..base.errors import PlanError
from ..host.facts import free_space, nvidia_gpus, parse_gpu_driver, parse_package_status
from .bus import DEVICES, count_switches, near_interfaces, slot_of
from .commands import LIST, NVIDIA_SMI, ask, lines_with
from .description import describe_gpu, known
from .driver import parse_capabilities, parse_information, parse_nvlinks, parse_unit, with_peers
from .driver_installation import machine_platform, observe_driver_installation
from .kernel_log import NEEDLE, parse_xids
from .listing import Listing, parse_listing
from .messages import KernelMessages

DRIVER = Path("/proc/driver/nvidia")
DEVICE_NODES = Path("/dev")
SHARED_MEMORY = "/dev/shm"  # noqa: S108 (its size is asked for, nothing is written there)
QUESTIONS = {
    "list": LIST,
    "listing": (NVIDIA_SMI, "-q", "-x"),
    "capabilities": (NVIDIA_SMI, "--query-gpu=uuid,compute_cap", "--format=csv,noheader"),
    "links": (NVIDIA_SMI, "nvlink", "--status"),
}
TOOLKIT = "nvidia-container-toolkit"
FABRIC_MANAGER = "nvidia-fabricmanager.service"
# The newest lines, which bound what is read.
JOURNAL = ("journalctl", "--dmesg", "--boot", "--lines=100000", "--output=short-unix", "--no-pager", "--quiet")
RING = ("dmesg",)
NO_LOG = "neither journalctl nor dmesg nor /dev/kmsg has the kernel's log, so that its Xid errors are not known"
_CONTAINER = re.compile(r"(?:[/:-])([0-9a-f]{64})(?:\.scope)?$", re.MULTILINE)


def driver_gpus(directory: Path = DRIVER / "gpus") -> list[dict[str, Any]]:
    """The GPUs that the driver has, in the order of their PCI addresses."""
    return [parse_information(one.name.lower(), _read(one / "information")) for one in sorted(directory.glob("*:*"))]


def observe_gpus() -> dict[str, Any]:
    """What M(distrain.cluster.gpu_info) returns. On a host without any sign of a GPU no command is run."""
    bus, driven = nvidia_gpus(DEVICES), driver_gpus()
    found = _bare(bus, driven)
    if not bus and not driven and not shutil.which(NVIDIA_SMI, path=search_path()):
        return found
    with ThreadPoolExecutor() as pool:
        answers = {name: pool.submit(ask, *argv) for name, argv in QUESTIONS.items()}
        log = pool.submit(_xids)
        said = {name: answer.result() for name, answer in answers.items()}
        xids = log.result()
    listing, problem = _listing(said["listing"])
    capabilities, links = parse_capabilities(said["capabilities"]["said"]), parse_nvlinks(said["links"]["said"])
    gpus = [describe_gpu(one, index) for index, one in enumerate(listing.gpus)]
    return {
        **found,
        "driver_installation": observe_driver_installation(),
        "toolkit_version": _toolkit_version(),
        "nvidia_smi": said["list"],
        "library_version": known(listing.driver_version),
        "cuda_version": known(listing.cuda_version),
        "gpus": [_placed(with_peers(one, capabilities, links)) for one in gpus],
        "fabric_manager": _fabric_manager(found["nvswitches"], gpus),
        "xids": xids or [],
        "problems": [*([problem] if problem else []), *([NO_LOG] if xids is None else [])],
    }


def _bare(bus: list[dict[str, str]], driven: list[dict[str, Any]]) -> dict[str, Any]:
    memory = free_space(SHARED_MEMORY)
    return {
        "bus": bus,
        "driver_gpus": [{**one, "has_node": _has_node(one["minor"])} for one in driven],
        "platform": machine_platform(),
        "driver_installation": None,
        "toolkit_version": "",
        "driver_version": parse_gpu_driver(_read(DRIVER / "version")) or "",
        "library_version": "",
        "cuda_version": "",
        "nvidia_smi": None,
        "gpus": [],
        "nvswitches": count_switches(),
        "fabric_manager": "",
        "shared_memory": {name: memory[name] for name in ("free_bytes", "total_bytes")},
        "xids": [],
        "problems": [],
    }


def _listing(said: Mapping[str, Any]) -> tuple[Listing, str]:
    """What nvidia-smi lists, or why nothing of it can be read."""
    try:
        return parse_listing(said["said"]), ""
    except PlanError as error:
        return Listing(), error.message


def _placed(gpu: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a GPU with its place in the host, and the containers of its processes."""
    slot = slot_of(gpu["pci_address"])
    return {
        **gpu,
        "pcie": {**gpu["pcie"], "slot_width": slot["slot_width"]},
        "numa_node": slot["numa_node"],
        "interfaces": near_interfaces(gpu["pci_address"]),
        "processes": [{**one, "container": container_of(one["pid"])} for one in gpu["processes"]],
    }


def container_of(pid: int | None, proc: Path = Path("/proc")) -> str:
    """The ID of the container that a process runs in; empty for none."""
    found = _CONTAINER.findall(_read(proc / str(pid) / "cgroup"))
    return str(found[-1]) if found else ""


def _xids() -> list[dict[str, Any]] | None:
    """Since the host's start; None where its log cannot be read."""
    lines, is_read = lines_with(NEEDLE, JOURNAL)
    if is_read:
        return parse_xids(lines)
    lines, is_read = lines_with(NEEDLE, RING)
    if is_read:
        return parse_xids(lines, _started())
    messages = KernelMessages(NEEDLE)
    found = messages.read()
    messages.close()
    return None if found is None else parse_xids(f"{at:.6f} {text}" for at, text in found)


def _started() -> float:
    """When the host was started, in seconds of the epoch."""
    found = re.search(r"^btime (\d+)$", _read(Path("/proc/stat")), re.MULTILINE)
    return float(found[1]) if found else 0.0


def _fabric_manager(switches: int, gpus: list[dict[str, Any]]) -> str:
    """The state of its unit; empty where nothing says that it is needed."""
    if not switches and not any(one["fabric"]["state"] for one in gpus):
        return ""
    return parse_unit(ask("systemctl", "show", "--property=LoadState,ActiveState", FABRIC_MANAGER)["said"])


def _toolkit_version() -> str:
    return parse_package_status(_read(Path("/var/lib/dpkg/status")), [TOOLKIT]).get(TOOLKIT, "")


def _has_node(minor: int | None) -> bool:
    return minor is not None and (DEVICE_NODES / f"nvidia{minor}").exists()


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
