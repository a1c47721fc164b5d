# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role nvidia_toolkit needs to know of a host; nothing is changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..apt.preview import preview_source
from ..base.command import command_output
from ..gpu.commands import ask_nvidia_smi
from ..gpu.driver_installation import observe_driver_installation
from ..gpu.observation import driver_gpus
from ..host.facts import observe_host
from .packages import APT_PACKAGE, TOOLKIT_PACKAGES
from .preview import preview_configuration

COMMAND = Path("/usr/bin/nvidia-ctk")
SPECIFICATION = Path("/etc/cdi/nvidia.yaml")
# From 1.18 on the packages bring a unit that keeps the CDI specification up to date, in a file of its own.
REFRESH_UNIT = Path("/usr/lib/systemd/system/nvidia-cdi-refresh.service")
REFRESHED = Path("/var/run/cdi/nvidia.yaml")
HOST_FACTS = ("architecture", "packages", "gpus", "gpu_driver")


def observe_toolkit(params: Mapping[str, Any]) -> dict[str, Any]:
    """The GPUs of the host, and where it has any, how far the toolkit is installed for them."""
    facts = observe_host([], [*TOOLKIT_PACKAGES, APT_PACKAGE])
    host = {**{name: facts[name] for name in HOST_FACTS}, "driver_gpus": [one["pci_address"] for one in driver_gpus()]}
    present = params["gpu_present"]
    has_gpu = bool(host["gpus"]) if present == "auto" else present == "present"
    if not has_gpu:
        return {**host, "has_gpu": False, "nvidia_smi": None, "gpu_count": 0}
    smi = ask_nvidia_smi()
    host |= {"has_gpu": True, "nvidia_smi": smi, "gpu_count": count_gpus(smi["said"])}
    host["driver_installation"] = observe_driver_installation()
    return host if params["count_only"] else {**host, **_installation(params, facts, smi)}


def count_gpus(said: str) -> int:
    """How many GPUs the output of C(nvidia-smi -L) lists."""
    return len(re.findall(r"^GPU \d", said, re.MULTILINE))


def _installation(params: Mapping[str, Any], host: Mapping[str, Any], smi: Mapping[str, Any]) -> dict[str, Any]:
    source = preview_source(params["source"], host) if params["source"] else None
    is_installed = COMMAND.exists()
    subject = [smi["said"], host["gpu_driver"], host["packages"]]
    return {
        "source": source,
        "is_installed": is_installed,
        "has_unit": REFRESH_UNIT.exists(),
        "specification_is_current": is_installed and _specification_is_current(),
        "proof": {"wanted": proof_of(subject), "found": _read(Path(params["proof_path"])).strip()},
        **_configuration(params, is_installed),
    }


def proof_of(subject: Any) -> str:
    """A digest of what a proof was about, so that another driver, GPU or toolkit is proven anew."""
    return hashlib.sha256(json.dumps(subject, sort_keys=True).encode()).hexdigest()


def _configuration(params: Mapping[str, Any], is_installed: bool) -> dict[str, Any]:
    """The options of the engine that C(nvidia-ctk) prints, and what they would change."""
    if not is_installed:
        return {"options": {}, "configuration": None}
    said = command_output(str(COMMAND), "runtime", "configure", "--runtime=docker", "--cdi.enabled", "--dry-run")
    try:
        options = json.loads(said)
    except ValueError:
        problem = f"{COMMAND} runtime configure --dry-run printed no JSON: {said[:200] or 'nothing'}."
        return {"options": {}, "configuration": {"steps": [], "needs_restart": False, "problem": problem}}
    wanted = {**params["configuration"], "options": options}
    return {"options": options, "configuration": preview_configuration(wanted, params["docker_socket"])}


def _specification_is_current() -> bool:
    if REFRESH_UNIT.exists():
        return REFRESHED.exists()
    wanted = command_output(str(COMMAND), "cdi", "generate")
    return bool(wanted) and _read(SPECIFICATION).strip() == wanted


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
