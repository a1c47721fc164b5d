# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role nvidia_driver needs to know of a host; nothing is changed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..apt.hold_plan import parse_held
from ..apt.holds import package_statuses
from ..apt.packages import candidates, simulated
from ..apt.preview import preview_source
from ..base.command import QUESTION_SECONDS, command_output, run_command
from ..engine.client import EngineClient
from ..files.whole_file import read_whole
from ..gpu.driver_installation import observe_driver_installation
from ..host.facts import observe_host
from .packages import APT_PACKAGE, OPEN, PROPRIETARY
from .running_work import running_work

# Of every packaging of the driver: Debian's, Ubuntu's and NVIDIA's own.
PACKAGES = ("nvidia-*", "libnvidia-*", "libcuda*", "cuda-drivers*", "firmware-nvidia-*", "linux-modules-nvidia-*")
VERSION_FORMAT = "${Package} ${db:Status-Status} ${Version}\\n"
HOST_FACTS = ("distribution", "architecture", "kernel", "gpus")
NOUVEAU = Path("/sys/module/nouveau")
LOADED = Path("/proc/driver/nvidia/version")
# By which DKMS signs what it builds, in Debian's and in Ubuntu's place.
SIGNING_KEYS = (Path("/var/lib/dkms/mok.pub"), Path("/var/lib/shim-signed/mok/MOK.der"))


def observe_driver(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what M(distrain.cluster.nvidia_driver_info) documents."""
    facts = observe_host([], [APT_PACKAGE])
    host = {name: facts[name] for name in HOST_FACTS}
    present = params["gpu_present"]
    has_gpu = bool(facts["gpus"]) if present == "auto" else present == "present"
    if not has_gpu:
        return {**host, "has_gpu": False}
    statuses = package_statuses(PACKAGES)
    installation = observe_driver_installation()
    return {
        **host,
        "has_gpu": True,
        "has_apt": APT_PACKAGE in facts["packages"],
        "loaded": {"version": facts["gpu_driver"] or "", "module": loaded_module(_read(LOADED))},
        "nouveau": NOUVEAU.exists(),
        "driver_installation": installation,
        "packages": driver_versions(_dpkg_versions()),
        "held": sorted(name for name, (wanted, _status) in statuses.items() if wanted == "hold"),
        "recorded": sorted(parse_held(read_whole(Path(params["record"])) or "", params["record"])),
        "key_is_enrolled": installation["secure_boot"] and _key_is_enrolled(),
        "running_work": list(running_work(EngineClient(params["docker_socket"]).get)),
        "preferences": read_whole(Path(params["preferences"]["path"])) or "",
        "source": preview_source(params["source"], host) if params["source"] else None,
        **_apt(params),
    }


def loaded_module(text: str) -> str:
    """Whether the module that is loaded is the open one, by C(/proc/driver/nvidia/version); empty for none."""
    if "Kernel Module" not in text:
        return ""
    return OPEN if re.search(r"Open Kernel Module", text) else PROPRIETARY


def driver_versions(shown: str) -> dict[str, str]:
    """The versions of the installed packages, by the words of dpkg-query in VERSION_FORMAT."""
    rows = [line.split() for line in shown.splitlines()]
    return {row[0]: row[2] for row in rows if len(row) == len(VERSION_FORMAT.split()) and row[1] == "installed"}


def _dpkg_versions() -> str:
    # It prints those that it knows, and fails where it does not know one.
    return run_command(("dpkg-query", "--show", f"--showformat={VERSION_FORMAT}", *PACKAGES), QUESTION_SECONDS).stdout


def _apt(params: Mapping[str, Any]) -> dict[str, Any]:
    """What apt would do with the preferences that are to be written, which it reads from a file of its own for that."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="nvidia-driver-") as file:
        file.write(params["preferences"]["content"])
        file.flush()
        options = ("-o", f"Dir::Etc::Preferences={file.name}") if params["preferences"]["content"] else ()
        return {
            "candidates": candidates(params["candidates"], options),
            "simulated": simulated(params["simulate"], options),
        }


def _key_is_enrolled() -> bool:
    key = next((one for one in SIGNING_KEYS if one.exists()), None)
    return bool(key) and "is already enrolled" in command_output("mokutil", "--test-key", str(key))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
