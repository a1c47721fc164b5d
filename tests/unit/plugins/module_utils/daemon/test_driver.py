# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read of a driver that is loaded, and of its packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.apt.packages import apt_reason
from ansible_collections.distrain.cluster.plugins.module_utils.apt.placeholders import expanded
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import Ended
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.driver import driver_versions, loaded_module
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.driver_installation import module_names


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (dvs)", "open"),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue Apr  8 12:41:17 UTC 2025", "proprietary"),
        ("", ""),
    ],
)
def test_the_module_that_is_loaded(text: str, module: str) -> None:
    assert loaded_module(text) == module


def test_the_versions_of_installed_packages() -> None:
    shown = "libcuda1 installed 550.163.01-2\nnvidia-smi config-files 535.1\nnvidia-driver not-installed \n"
    assert driver_versions(shown) == {"libcuda1": "550.163.01-2"}


def test_the_names_of_the_module(tmp_path: Path) -> None:
    directory = tmp_path / "updates/dkms"
    directory.mkdir(parents=True)
    for name in ("nvidia-current-open", "nvidia-current-open-uvm", "nvidia-tesla-535", "nvidia-drm"):
        (directory / f"{name}.ko.xz").touch()
    assert module_names(tmp_path) == ["nvidia", "nvidia-current-open", "nvidia-tesla-535"]


def test_why_apt_fails() -> None:
    said = "The following packages have unmet dependencies:\n nvidia-smi : Depends: libnvidia-ml1 (= 1) but it is not\n"
    done = Ended(100, said, "E: Unable to correct problems, you have held broken packages.\n")
    assert apt_reason(done).startswith(
        "nvidia-smi : Depends: libnvidia-ml1 (= 1) but it is not Unable to correct problems"
    )
    assert apt_reason(Ended(100, "", "")) == "it gave no reason"


def test_the_address_of_nvidias_repository() -> None:
    host = {"distribution": {"id": "ubuntu", "version": "24.04", "codename": "noble"}, "architecture": "arm64"}
    assert expanded("{distribution}{version}/{machine}", host) == "ubuntu2404/sbsa"
