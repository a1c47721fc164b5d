# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's stand-in for nvidia-ctk: as much of its command line as the role nvidia_toolkit uses.

Where the lab host has GPUs of the machine, it is the lab's own writer of their CDI specification, none of NVIDIA's:
device nodes, the driver's libraries where the loader of Debian and Ubuntu looks for them, and nvidia-smi; no hooks.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DAEMON_CONFIGURATION = Path("/etc/docker/daemon.json")
NVIDIA_SMI = Path("/usr/bin/nvidia-smi")
DEVICE = "/dev/nvidia0"
# Where a lab host has the driver of the machine.
DRIVER = Path("/usr/local/nvidia")
LIBRARY = re.compile(r"lib(cuda|cudadebugger|nvcuvid|nvoptix|nvidia-[a-z0-9-]+)\.so(\.[0-9.]+)?")
SHARED_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")
MOUNT_OPTIONS = ["ro", "nosuid", "nodev", "bind"]


def configured(existing: dict[str, Any]) -> dict[str, Any]:
    """The engine's configuration with the runtime and CDI; its other keys as they are."""
    runtimes = {**existing.get("runtimes", {}), "nvidia": {"args": [], "path": "nvidia-container-runtime"}}
    return {**existing, "runtimes": runtimes, "features": {**existing.get("features", {}), "cdi": True}}


def specification() -> dict[str, Any]:
    numbers = gpu_numbers() if DRIVER.is_dir() else []
    nodes = {str(index): [f"/dev/nvidia{number}"] for index, number in enumerate(numbers)} or {"0": [DEVICE]}
    nodes["all"] = [node for one in nodes.values() for node in one]
    return {
        "cdiVersion": "0.5.0",
        "kind": "nvidia.com/gpu",
        "devices": [{"name": name, "containerEdits": device_nodes(paths)} for name, paths in nodes.items()],
        "containerEdits": driver_edits() if numbers else {"mounts": [mount(NVIDIA_SMI, str(NVIDIA_SMI))]},
    }


def gpu_numbers() -> list[int]:
    """The numbers of the GPUs that this host has, in the order in which nvidia-smi counts them from 0."""
    nodes = [re.fullmatch(r"nvidia(\d+)", path.name) for path in Path("/dev").glob("nvidia*")]
    return sorted(int(node[1]) for node in nodes if node)


def device_nodes(paths: list[str]) -> dict[str, Any]:
    return {"deviceNodes": [{"path": path} for path in paths]}


def driver_edits() -> dict[str, Any]:
    """What every container with a GPU gets: a library under each name that it is asked for by."""
    shared = [f"/dev/{name}" for name in SHARED_DEVICES if Path("/dev", name).exists()]
    directory = f"/usr/lib/{platform.machine()}-linux-gnu"
    mounts = [mount(path, f"{directory}/{path.name}") for path in driver_libraries()]
    return {**device_nodes(shared), "mounts": [*mounts, mount(DRIVER / "bin/nvidia-smi", str(NVIDIA_SMI))]}


def driver_libraries() -> Iterator[Path]:
    return (path for path in sorted((DRIVER / "lib64").iterdir()) if LIBRARY.fullmatch(path.name))


def mount(source: Path, target: str) -> dict[str, Any]:
    return {"hostPath": str(source.resolve()), "containerPath": target, "options": MOUNT_OPTIONS}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    topics = parser.add_subparsers(dest="topic", required=True)
    configure = topics.add_parser("runtime").add_subparsers(required=True).add_parser("configure")
    configure.add_argument("--runtime", choices=["docker"], required=True)
    configure.add_argument("--cdi.enabled", action="store_true", required=True)
    configure.add_argument("--dry-run", action="store_true", required=True)
    topics.add_parser("cdi").add_subparsers(required=True).add_parser("generate")
    return parser.parse_args()


def main() -> None:
    if parse().topic == "cdi":
        # JSON is YAML, too.
        print(json.dumps(specification(), indent=2))
        return
    text = DAEMON_CONFIGURATION.read_text() if DAEMON_CONFIGURATION.exists() else "{}"
    print(json.dumps(configured(json.loads(text)), indent=4))


if __name__ == "__main__":
    main()
