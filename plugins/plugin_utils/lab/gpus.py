# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which lab host gets which GPUs of the machine, and what its container is given of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

# Where a lab host has the driver, wherever the machine has it.
DRIVER_DIRECTORY = "/usr/local/nvidia"
CONTROL_DEVICE = "/dev/nvidiactl"


@dataclass(frozen=True)
class MachineGpus:
    """What the machine has: ``addresses`` on the PCI bus by the minor numbers of its GPUs' device nodes, the paths in
    ``/sys`` by these addresses, the nodes that all GPUs share, and files of the driver by their paths in lab hosts.
    """

    addresses: Mapping[int, str] = field(default_factory=dict)
    bus_paths: Mapping[str, str] = field(default_factory=dict)
    shared_devices: Sequence[str] = ()
    driver_files: Mapping[str, str] = field(default_factory=dict)


def share_out(wanted: int, hosts: int, minors: Sequence[int], is_shared: bool = False) -> list[list[int]]:
    """Return the GPUs of each host, as evenly as it goes; neighbours stay together, and the first hosts have more.

    Where GPUs are shared, and there are fewer than hosts, each host has one, which it shares with others.
    """
    if is_shared and 0 < wanted < hosts:
        return [[sorted(minors)[number % wanted]] for number in range(hosts)]
    counts = [wanted // hosts + (number < wanted % hosts) for number in range(hosts)]
    bounds = accumulate(counts, initial=0)
    return [sorted(minors)[start:end] for start, end in pairwise(bounds)]


def gpu_problems(wanted: int, stand_in: bool, machine: MachineGpus) -> list[str]:
    """Return a sentence for each reason why lab hosts cannot have so many GPUs of this machine."""
    if not wanted:
        return []
    if stand_in:
        return ["lab_gpus and lab_gpu_stand_in: a lab has GPUs of this machine, or stand-ins for them."]
    found = len(machine.addresses)
    if wanted > found:
        has = (
            f"{found} GPU{'s' * (found != 1)} (/dev/nvidia0 and so on)" if found else "no GPU: there is no /dev/nvidia0"
        )
        return [
            f"lab_gpus is {wanted}, and this machine has {has}. Ask for fewer, install NVIDIA's driver, or set "
            "lab_gpu_stand_in for a stand-in."
        ]
    missing = [what for what, is_there in _needed(machine).items() if not is_there]
    if missing:
        return [
            f"lab_gpus is {wanted}, and this machine lacks {' and '.join(missing)}: its driver is not whole. Repair "
            "it, and see that nvidia-smi lists the GPUs."
        ]
    return []


def host_gpus(wanted: int, hosts: int, machine: MachineGpus, is_shared: bool = False) -> list[dict[str, Any]]:
    """Return, for each host, its GPUs, the arguments that give them to its container, and what it must not see."""
    return [_one_host(minors, machine) for minors in share_out(wanted, hosts, list(machine.addresses), is_shared)]


def _one_host(minors: Sequence[int], machine: MachineGpus) -> dict[str, Any]:
    if not minors:
        return {"gpus": [], "gpu_arguments": [], "hidden_gpus": _all_hidden(machine)}
    devices = [f"/dev/nvidia{minor}" for minor in minors] + list(machine.shared_devices)
    others = [address for minor, address in machine.addresses.items() if minor not in minors]
    return {
        "gpus": list(minors),
        "gpu_arguments": [f"--device={device}" for device in devices]
        + [f"--volume={source}:{target}:ro" for target, source in sorted(machine.driver_files.items())],
        "hidden_gpus": _hidden(others, machine),
    }


def _all_hidden(machine: MachineGpus) -> list[str]:
    """The directories that say that the machine has GPUs, and a driver for them."""
    if not machine.addresses:
        return []
    return [*sorted(machine.bus_paths.values()), "/proc/driver/nvidia", "/sys/module/nvidia"]


def _hidden(addresses: Iterable[str], machine: MachineGpus) -> list[str]:
    """The directories that list these GPUs, which are another host's."""
    wanted = [address for address in addresses if address]
    paths = [machine.bus_paths[address] for address in wanted if address in machine.bus_paths]
    return paths + [f"/proc/driver/nvidia/gpus/{address}" for address in wanted]


def _needed(machine: MachineGpus) -> dict[str, bool]:
    names = {path.rpartition("/")[2] for path in machine.driver_files}
    # The whole directory, or file by file.
    whole = DRIVER_DIRECTORY in machine.driver_files
    return {
        CONTROL_DEVICE: CONTROL_DEVICE in machine.shared_devices,
        "libcuda.so": whole or any(name.startswith("libcuda.so") for name in names),
        "nvidia-smi": whole or "nvidia-smi" in names,
    }
