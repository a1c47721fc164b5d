# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a bundle has of NVIDIA's driver."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.contents import packages_of, sources_of
from ansible_collections.distrain.cluster.tests.unit.plugins.plugin_utils.bundle.test_contents import (
    BUNDLE,
    DOCKER,
    TOOLKIT,
)

DRIVER = {
    **{"source": "distribution", "version": "550.163.01", "module": "open", "gpu_present": "auto"},
    **{"repository": "https://n.example/repos", "repository_key": "", "repository_key_fingerprint": ""},
}


def given(**changes: Any) -> dict[str, Any]:
    return {"bundle": BUNDLE, "docker": DOCKER, "nvidia_toolkit": TOOLKIT, "nvidia_driver": {**DRIVER, **changes}}


def test_without_a_driver_nothing_is_added() -> None:
    for changes in ({"source": "none"}, {"gpu_present": "absent"}):
        assert sources_of("debian-13-amd64", given(**changes))[0]["components"] == ["main"]
        assert not [one for one in packages_of("debian-13-amd64", given(**changes)) if "nvidia" in one]


@pytest.mark.parametrize(
    ("name", "source", "components", "repository", "packages"),
    [
        (
            "debian-13-amd64",
            "distribution",
            ["main", "contrib", "non-free", "non-free-firmware"],
            *("", {"libcuda1=550.163.01*", "nvidia-open-kernel-dkms=550.163.01*", "linux-headers-amd64"}),
        ),
        (
            "ubuntu-24.04-arm64",
            "nvidia",
            ["main", "universe", "restricted"],
            "https://n.example/repos/ubuntu2404/sbsa",
            {"libnvidia-compute-550=550.163.01*", "nvidia-dkms-550-open=550.163.01*", "linux-headers-generic"},
        ),
    ],
)
def test_sources_and_packages(
    name: str, source: str, components: list[str], repository: str, packages: set[str]
) -> None:
    sources = sources_of(name, given(source=source))
    assert sources[0]["components"] == components
    assert [one["uri"] for one in sources if one["name"] == "nvidia-driver"] == [repository] * bool(repository)
    assert packages <= set(packages_of(name, given(source=source)))


@pytest.mark.parametrize("changes", [{"module": "auto"}, {"version": ""}])
def test_what_has_to_be_said(changes: dict[str, str]) -> None:
    with pytest.raises(PlanError, match="needs nvidia_driver_version"):
        packages_of("debian-13-amd64", given(**changes))
