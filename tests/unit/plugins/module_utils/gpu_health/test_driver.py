# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why GPUs have no driver, and an installation that works and will not for long: one finding each."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.driver import (
    installation_problems,
    why_no_driver,
)
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import INSTALLATION

KERNEL = INSTALLATION["kernel"]
BARE = {**INSTALLATION, "module_version": "", "module_is_signed": False, "sources": [], "packages": []}
BUS = [{"pci_address": "0000:17:00.0", "device_id": "0x2335", "driver": ""}]


@pytest.mark.parametrize(
    ("changes", "driver", "found", "remedy"),
    [
        pytest.param({}, "", "no driver of NVIDIA is installed", "Install NVIDIA's driver", id="none"),
        pytest.param({}, "nouveau", "nouveau has them", "blacklist nouveau", id="nouveau"),
        pytest.param(
            {"module_version": "580.95", "secure_boot": True},
            "",
            "not signed, and Secure Boot is on",
            "mokutil",
            id="unsigned",
        ),
        pytest.param(
            {"module_version": "580.95", "secure_boot": True, "module_is_signed": True},
            *("", "580.95 is installed and not loaded", "modprobe nvidia"),
            id="not loaded",
        ),
        pytest.param(
            {"sources": ["nvidia-580.95"]},
            "",
            f"not built for the kernel {KERNEL}$",
            "dkms autoinstall",
            id="not built",
        ),
        pytest.param(
            {"sources": ["nvidia-580.95"], "has_headers": False},
            *("", rf"there are no headers \(linux-headers-{KERNEL}\)", f"linux-headers-{KERNEL}"),
            id="no headers",
        ),
        pytest.param(
            {"packages": ["libnvidia-compute-580 580.95"]},
            "",
            "has no module of it",
            "Restart the host",
            id="library alone",
        ),
        pytest.param(
            {"has_run_file": True}, "", "NVIDIA's .run file.* no module", "install the driver anew", id="run file"
        ),
        pytest.param({"platform": "tegra"}, "", "a Jetson", "JetPack", id="Jetson"),
        pytest.param({"platform": "wsl"}, "", "runs in WSL", "Linux itself", id="WSL"),
    ],
)
def test_why_gpus_have_no_driver(changes: dict[str, Any], driver: str, found: str, remedy: str) -> None:
    said, what_to_do = why_no_driver({**BARE, **changes}, [{**BUS[0], "driver": driver}])
    assert re.search(found, said)
    assert remedy in what_to_do


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"has_run_file": True, "packages": []}, []),
        ({"has_run_file": True}, ["installed twice: by a .run file, and as nvidia-driver-580 580.105.08"]),
        ({"module_version": "590.1"}, ["580.105.08 is loaded, and 590.1 is installed"]),
        ({"module_version": "590.1", "needs_restart": True}, ["580.105.08 is loaded, and 590.1 is installed"]),
        ({"module_version": "", "packages": []}, []),
        ({"needs_restart": True}, ["an update waits for a restart"]),
    ],
)
def test_an_installation_that_works_now(changes: dict[str, Any], found: list[str]) -> None:
    facts = {"driver_version": "580.105.08", "driver_installation": {**INSTALLATION, **changes}}
    problems = list(installation_problems(facts))
    assert len(problems) == len(found)
    assert all(words in one.found and one.severity == "warning" for words, one in zip(found, problems, strict=True))
