# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.packages import TOOLKIT_PACKAGES
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.toolkit import count_gpus, proof_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation import nvidia_toolkit, signing_keys
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import Host

ARGUMENTS = {"version": "1.18", "repository_key": "key.asc", "repository_key_fingerprint": "AB"}
WITHOUT = {"has_gpu": False, "gpu_count": 0}
NEW: dict[str, Any] = {
    "has_gpu": True,
    "gpu_count": 8,
    "packages": {},
    "source": {"is_current": False, "key": "", "problem": ""},
    "is_installed": False,
    "configuration": None,
    "specification_is_current": False,
    "proof": {"wanted": "a", "found": ""},
}
DONE = {
    **NEW,
    "packages": dict.fromkeys(TOOLKIT_PACKAGES, "1.18"),
    "is_installed": True,
    "configuration": {"steps": [], "needs_restart": False, "problem": ""},
    "specification_is_current": True,
    "proof": {"wanted": "a", "found": "a"},
}


def host(observed: dict[str, Any], name: str = "gpu-01") -> Host:
    return Host(name, ARGUMENTS, observed)


@pytest.mark.parametrize(
    ("observed", "needs"),
    [
        (WITHOUT, []),
        ({**WITHOUT, "has_gpu": True}, []),
        (NEW, ["repository", "packages", "proof"]),
        (DONE, ["repository"]),
        ({**DONE, "packages": dict.fromkeys(TOOLKIT_PACKAGES, "1.17")}, ["repository", "packages"]),
        ({**DONE, "configuration": {"steps": ["configure"]}}, ["repository", "configuration"]),
        ({**DONE, "specification_is_current": False}, ["repository", "specification"]),
        ({**DONE, "proof": {"wanted": "b", "found": "a"}}, ["repository", "proof"]),
    ],
)
def test_the_needs_of_a_host(observed: dict[str, Any], needs: list[str]) -> None:
    decision = nvidia_toolkit.decide([host(observed)], {}, "start")
    assert decision["hosts"]["gpu-01"]["needs"] == needs
    assert decision["hosts"]["gpu-01"]["gpu_count"] == observed["gpu_count"]


def test_a_host_with_the_pinned_key_needs_no_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvidia_toolkit, "has_key", lambda key, fingerprint: key == "k" and fingerprint == "AB")
    observed = {**DONE, "source": {"is_current": True, "key": "k", "problem": ""}}
    assert nvidia_toolkit.decide([host(observed)], {}, "start")["hosts"]["gpu-01"]["needs"] == []


@pytest.mark.parametrize(
    ("observed", "problems", "stage", "words"),
    [
        (NEW, ["No driver."], "start", "gpu-01: This host is to have a GPU: No driver."),
        ({**NEW, "source": {"problem": "line 3"}}, [], "start", "gpu-01: line 3"),
        ({**DONE, "configuration": {"problem": "no JSON"}}, [], "start", "gpu-01: no JSON"),
        ({**DONE, "is_installed": False}, [], "installed", "there is no /usr/bin/nvidia-ctk"),
    ],
)
def test_what_is_refused(observed: dict, problems: list[str], stage: str, words: str) -> None:
    with pytest.raises(PlanError) as refused:
        nvidia_toolkit.decide([host(observed)], {"gpu-01": problems}, stage)
    assert words in refused.value.message


def test_with_a_bundle_no_repository_is_added() -> None:
    needs = nvidia_toolkit.decide([host(NEW)], {}, "start", has_bundle=True)["hosts"]["gpu-01"]["needs"]
    assert needs == ["packages", "proof"]


def test_gpus_are_counted_by_their_lines() -> None:
    assert count_gpus("GPU 0: NVIDIA H200 (UUID: a)\nGPU 1: NVIDIA H200 (UUID: b)\nUnable to determine GPU 2\n") == 2


def test_another_driver_is_proven_anew() -> None:
    assert proof_of(["GPU 0", "535"]) == proof_of(["GPU 0", "535"]) != proof_of(["GPU 0", "550"])


def test_a_key_is_read_once_and_refused_by_its_variable() -> None:
    read = []
    decided: dict[str, dict[str, Any]] = {name: {"needs": ["repository"]} for name in ("gpu-01", "gpu-02")}

    def broken(address: str) -> str:
        read.append(address)
        raise PlanError("connection refused.")

    hosts = [host(NEW, name) for name in decided]
    with pytest.raises(PlanError, match=r"gpu-01, gpu-02: The controller cannot read the key at the_key \(key.asc\)"):
        signing_keys.add_keys(hosts, decided, "the_key", broken)
    with pytest.raises(PlanError, match="no usable signing key"):
        signing_keys.add_keys(hosts, decided, "the_key", lambda _address: "nonsense")
