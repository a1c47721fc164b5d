# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How NVIDIA's driver is installed, by what modinfo and dpkg print and by the host's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended
from ansible_collections.distrain.cluster.plugins.module_utils.gpu import driver_installation
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.driver_installation import (
    driver_packages,
    machine_platform,
    observe_driver_installation,
    parse_module,
    secure_boot,
)

# After the format that modinfo(8) prints; a signature spans lines that begin with blanks.
MODULE = """filename:       /lib/modules/6.12.48-amd64/updates/dkms/nvidia.ko.xz
alias:          pci:v000010DEd*sv*sd*bc03sc02i00*
alias:          pci:v000010DEd*sv*sd*bc03sc00i00*
version:        580.95.05
sig_id:         PKCS#7
signer:         host Secure Boot Module Signature key
signature:      12:34:56:
                78:9A
"""
SHOWN = """libnvidia-compute-580 installed 580.95.05-0ubuntu1
libnvidia-container1 installed 1.18.1-1
nvidia-container-toolkit installed 1.18.1-1
nvidia-driver-570 config-files 570.1
nvidia-driver-580 installed 580.95.05-0ubuntu1
"""


def test_a_module() -> None:
    found = parse_module(MODULE)
    assert (found["version"], found["signer"]) == ("580.95.05", "host Secure Boot Module Signature key")
    assert parse_module("") == {}


def test_the_packages_are_those_of_the_driver() -> None:
    wanted = ["libnvidia-compute-580 580.95.05-0ubuntu1", "nvidia-driver-580 580.95.05-0ubuntu1"]
    assert list(driver_packages(SHOWN)) == wanted


@pytest.mark.parametrize(("value", "is_on"), [(b"\x06\0\0\0\x01", True), (b"\x06\0\0\0\0", False), (b"\x06", False)])
def test_secure_boot(tmp_path: Path, value: bytes, is_on: bool) -> None:
    assert not secure_boot(tmp_path)
    variables = tmp_path / "sys/firmware/efi/efivars"
    variables.mkdir(parents=True)
    (variables / "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c").write_bytes(value)
    assert secure_boot(tmp_path) == is_on


def test_machines_whose_gpu_is_on_no_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_installation.platform, "release", lambda: "5.15.148-tegra")
    assert machine_platform(tmp_path) == ""
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/compatible").write_bytes(b"nvidia,p3737-0000\0nvidia,tegra234\0")
    assert machine_platform(tmp_path) == "tegra"
    monkeypatch.setattr(driver_installation.platform, "release", lambda: "6.6.87.2-microsoft-standard-WSL2")
    assert machine_platform(tmp_path) == "wsl"


def test_what_is_observed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_installation.platform, "release", lambda: "6.12.48-amd64")
    monkeypatch.setattr(driver_installation, "command_output", lambda *argv: MODULE)
    monkeypatch.setattr(driver_installation, "run_command", lambda *argv: Ended(1, SHOWN, ""))
    for name in ("usr/src/nvidia-580.95.05", "lib/modules/6.12.48-amd64/build", "usr/bin", "run"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "usr/bin/nvidia-uninstall").touch()
    (tmp_path / "run/reboot-required").touch()
    assert observe_driver_installation(tmp_path) == {
        "kernel": "6.12.48-amd64",
        "platform": "",
        "module_version": "580.95.05",
        "module_is_signed": True,
        "secure_boot": False,
        "sources": ["nvidia-580.95.05"],
        "has_headers": True,
        "packages": ["libnvidia-compute-580 580.95.05-0ubuntu1", "nvidia-driver-580 580.95.05-0ubuntu1"],
        "has_run_file": True,
        "needs_restart": True,
    }
