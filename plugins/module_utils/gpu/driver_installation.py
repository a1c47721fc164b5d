# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How NVIDIA's driver is installed on this host, loaded or not: what explains a GPU that no driver has."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..base.command import QUESTION_SECONDS, command_output, run_command
from .driver import TEGRA, WSL

PACKAGES = ("nvidia-*", "libnvidia-*", "cuda-drivers*")
# Of these, the ones that bring the kernel's module or the library of the driver, and not the container toolkit.
_DRIVER_PREFIXES = (
    *("nvidia-driver", "nvidia-dkms", "nvidia-kernel", "nvidia-open", "nvidia-headless", "nvidia-utils"),
    *("libnvidia-compute", "linux-modules-nvidia", "cuda-drivers"),
)
_FLAVOUR = re.compile(r"nvidia-(current|tesla)(-\d+|-open)*")
_STATUS_FORMAT = "${Package} ${db:Status-Status} ${Version}\\n"


def observe_driver_installation(root: Path = Path("/")) -> dict[str, Any]:
    """Return what M(distrain.cluster.gpu_info) has as C(driver_installation)."""
    release = platform.release()
    module = _module(root / "lib/modules" / release)
    return {
        "kernel": release,
        "platform": machine_platform(root),
        "module_version": module.get("version", ""),
        "module_is_signed": bool(module.get("signer") or module.get("sig_id")),
        "secure_boot": secure_boot(root),
        "sources": sorted(one.name for one in (root / "usr/src").glob("nvidia-*")),
        "has_headers": (root / "lib/modules" / release / "build").exists(),
        "packages": _packages(),
        "has_run_file": (root / "usr/bin/nvidia-uninstall").exists(),
        "needs_restart": (root / "run/reboot-required").exists(),
    }


def _module(directory: Path) -> dict[str, str]:
    """Return what modinfo prints of the driver's module."""
    return next(
        (found for name in module_names(directory) if (found := parse_module(command_output("modinfo", name)))), {}
    )


def module_names(directory: Path) -> list[str]:
    """Return what the module may be called: Debian's packages name it after their flavour, C(nvidia-current-open)."""
    files = (path.name.partition(".ko")[0] for path in sorted(directory.glob("updates/dkms/nvidia-*.ko*")))
    return ["nvidia", *(name for name in files if _FLAVOUR.fullmatch(name))]


def parse_module(text: str) -> dict[str, str]:
    """Return the first value of each field that modinfo prints; empty where there is no module."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition(":")
        if separator and not name.startswith(" "):
            found.setdefault(name, value.strip())
    return found


def machine_platform(root: Path = Path("/")) -> str:
    """Return TEGRA or WSL; empty for other machines. The kernel of WSL says so in its release."""
    if "microsoft" in platform.release().lower():
        return WSL
    is_tegra = (root / "etc/nv_tegra_release").exists() or b"nvidia,tegra" in _bytes(
        root / "proc/device-tree/compatible"
    )
    return TEGRA if is_tegra else ""


def secure_boot(root: Path) -> bool:
    """Return whether the firmware runs signed code alone; the value of an EFI variable follows 4 bytes of flags."""
    variables = (root / "sys/firmware/efi/efivars").glob("SecureBoot-*")
    return any(_bytes(one)[4:5] == b"\x01" for one in variables)


def _packages() -> list[str]:
    # It prints those that it knows, and fails where it does not know one.
    argv = ("dpkg-query", "--show", f"--showformat={_STATUS_FORMAT}", *PACKAGES)
    return sorted(driver_packages(run_command(argv, QUESTION_SECONDS).stdout))


def driver_packages(shown: str) -> Iterator[str]:
    """Yield the installed packages of the driver, C(NAME VERSION), by the words of dpkg-query."""
    for line in shown.splitlines():
        name, _separator, rest = line.partition(" ")
        state, _separator, version = rest.partition(" ")
        if state == "installed" and name.startswith(_DRIVER_PREFIXES):
            yield f"{name} {version}"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
