# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The GPUs of this machine and the files of their driver, for lab hosts.

The functions can be pointed at another root in tests.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from .gpus import DRIVER_DIRECTORY, MachineGpus

# The kernel's log has what the driver says of its GPUs.
SHARED_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "kmsg")
# The driver's own libraries: those of CUDA's toolkit and of NCCL belong to the image.
LIBRARY = re.compile(r"lib(cuda|cudadebugger|nvcuvid|nvoptix|nvidia-[a-z0-9-]+)\.so(\.[0-9.]+)?")
_CACHED = re.compile(r"^\s*(?P<name>\S+) \((?P<kind>[^)]*)\) => (?P<path>\S+)$", re.MULTILINE)


def observe_machine_gpus(root: Path = Path("/"), cache: Callable[[], str] | None = None) -> MachineGpus:
    """Return what the machine has; the driver is looked for in one directory first, then among all libraries."""
    addresses = _addresses(root)
    shared = [f"/dev/{name}" for name in SHARED_DEVICES if (root / "dev" / name).exists()]
    return MachineGpus(addresses, _bus_paths(root, addresses), shared, _driver_files(root, cache or _linker_cache))


def _addresses(root: Path) -> dict[int, str]:
    """The PCI addresses of the GPUs with a device node, empty where the driver does not say."""
    nodes = [re.fullmatch(r"nvidia(\d+)", path.name) for path in (root / "dev").glob("nvidia*")]
    found = dict.fromkeys((int(node[1]) for node in nodes if node), "")
    for information in (root / "proc/driver/nvidia/gpus").glob("*/information"):
        minor = re.search(r"^Device Minor:\s*(\d+)\s*$", _text(information), re.MULTILINE)
        if minor and int(minor[1]) in found:
            found[int(minor[1])] = information.parent.name
    return dict(sorted(found.items()))


def _bus_paths(root: Path, addresses: Mapping[int, str]) -> dict[str, str]:
    devices = root / "sys/bus/pci/devices"
    return {one: str((devices / one).resolve()) for one in addresses.values() if one and (devices / one).exists()}


def _driver_files(root: Path, cache: Callable[[], str]) -> dict[str, str]:
    """What is mounted into lab hosts, by its path there: the directory as it is, or each file in the same shape."""
    directory = root / DRIVER_DIRECTORY.lstrip("/")
    if (directory / "bin/nvidia-smi").exists() and any((directory / "lib64").glob("libcuda.so*")):
        return {DRIVER_DIRECTORY: str(directory)}
    files = {}
    for found in _CACHED.finditer(cache()):
        path = Path(found["path"]).resolve()
        if ("x86-64" in found["kind"] or "AArch64" in found["kind"]) and LIBRARY.fullmatch(found["name"]):
            files[f"{DRIVER_DIRECTORY}/lib64/{path.name}"] = str(path)
    program = shutil.which("nvidia-smi")
    return {**files, **({f"{DRIVER_DIRECTORY}/bin/nvidia-smi": program} if program else {})}


def _linker_cache() -> str:
    program = shutil.which("ldconfig", path="/sbin:/usr/sbin")
    if program is None:
        return ""
    return subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
