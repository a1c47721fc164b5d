# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done to a host's driver, and which hosts are left alone: one row each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.driver_module import choose_module
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.driver_packages import (
    driver_packages,
    installed_versions,
    packages_of_version,
    preferences_text,
    upstream_version,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.driver_repository import with_key
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import Host
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.nvidia_driver import decide
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import INSTALLATION

VERSION = "550.163.01"
KERNEL = INSTALLATION["kernel"]
HEADERS = f"linux-headers-{KERNEL}"
ARGUMENTS: dict[str, Any] = {
    "source": "distribution",
    "version": VERSION,
    "module": "auto",
    "reboot": "never",
    "repository": "https://n.example/repos",
    "repository_key": "",
    "repository_key_fingerprint": "",
}
BARE: dict[str, Any] = {
    "distribution": {"id": "debian", "version": "13", "codename": "trixie", "name": "Debian GNU/Linux 13"},
    "architecture": "amd64",
    "kernel": KERNEL,
    "gpus": [{"pci_address": "0000:17:00.0", "device_id": "0x2335", "driver": ""}],
    "has_gpu": True,
    "loaded": {"version": "", "module": ""},
    "nouveau": False,
    "driver_installation": {
        **INSTALLATION,
        **{"module_version": "", "module_is_signed": False, "sources": [], "packages": []},
    },
    "packages": {},
    "held": [],
    "recorded": [],
    "key_is_enrolled": False,
    "running_work": [],
    "preferences": "",
    "source": None,
    "candidates": {},
    "simulated": {"removes": [], "problem": ""},
}
PACKAGES = dict.fromkeys(("libcuda1", "nvidia-smi", "libnvidia-cfg1", "nvidia-kernel-dkms"), f"{VERSION}-2")
INSTALLED = {**PACKAGES, "nvidia-persistenced": "550.1-1", "nvidia-modprobe": "560.1-1"}
BUILT = {**INSTALLATION, "module_version": VERSION, "packages": []}
DONE = {
    **BARE,
    "packages": INSTALLED,
    "driver_installation": BUILT,
    "loaded": {"version": VERSION, "module": "proprietary"},
    "held": sorted(PACKAGES),
    "recorded": sorted(PACKAGES),
    "preferences": preferences_text(VERSION),
}
UBUNTU = {"id": "ubuntu", "version": "24.04", "codename": "noble", "name": "Ubuntu 24.04"}
SIGNED = f"linux-modules-nvidia-580-server-open-{KERNEL}"
WORK = ["the job sft (processes: 8)"]


def host(changes: dict[str, Any], name: str = "gpu-01", base: dict[str, Any] | None = None, **arguments: Any) -> Host:
    return with_key(Host(name, {**ARGUMENTS, **arguments}, {**(BARE if base is None else base), **changes}))


def needs(one: Host, stage: str = "start", **options: Any) -> list[str]:
    return list(decide([one], stage, **options)["hosts"][one.name]["needs"])


def refusal(one: Host, stage: str = "start", **options: Any) -> str:
    with pytest.raises(PlanError) as refused:
        decide([one], stage, **options)
    return refused.value.message


@pytest.mark.parametrize(
    ("base", "changes", "wanted"),
    [
        pytest.param(BARE, {"has_gpu": False}, [], id="no GPU"),
        pytest.param(BARE, {}, ["preferences", "packages", "hold", "load"], id="bare"),
        pytest.param(DONE, {}, [], id="converged"),
        pytest.param(DONE, {"held": [], "recorded": []}, ["hold"], id="taken over as it is"),
        pytest.param(DONE, {"recorded": []}, [], id="held by somebody else"),
        pytest.param(DONE, {"recorded": [*PACKAGES, "old"]}, ["hold"], id="a package that is gone is released"),
        pytest.param(DONE, {"preferences": "other"}, ["preferences"], id="preferences"),
        pytest.param(DONE, {"loaded": {"version": "", "module": ""}}, ["load"], id="not loaded"),
        pytest.param(DONE, {"loaded": {"version": "535.1", "module": "open"}}, ["restart"], id="another is loaded"),
        pytest.param(
            BARE, {"nouveau": True}, ["preferences", "packages", "nouveau", "hold", "restart"], id="nouveau is loaded"
        ),
        pytest.param(
            DONE,
            {"packages": {**INSTALLED, "libcuda1": "535.1-1"}, "recorded": sorted(PACKAGES)},
            ["packages", "hold"],
            id="ours of another version is changed",
        ),
    ],
)
def test_the_needs_of_a_host(base: dict[str, Any], changes: dict[str, Any], wanted: list[str]) -> None:
    assert needs(host(changes, base=base)) == wanted


def test_hosts_are_changed_in_their_order() -> None:
    decided = decide([host({}, "b"), host({}, "a", base=DONE), host({}, "c")], "start")
    assert decided["order"] == ["b", "c"]


def test_nvidias_repository_is_needed_for_an_installation_alone() -> None:
    source = {"is_current": False, "key": "", "problem": ""}
    assert "repository" in needs(host({"source": source}, source="nvidia"))
    assert "repository" not in needs(host({"source": source}, source="nvidia"), has_bundle=True)
    packages = {"nvidia-driver-cuda": "580.95.05-1", "nvidia-kernel-open-dkms": "580.95.05-1"}
    there = {"source": source, "packages": {**packages, "nvidia-persistenced": "580.95.05-1"}}
    assert "repository" not in needs(host(there, source="nvidia", version="580.95.05"))


@pytest.mark.parametrize(
    ("changes", "arguments", "words"),
    [
        pytest.param({}, {"version": ""}, "has to be one version of the driver", id="no version"),
        pytest.param({}, {"version": "latest"}, "has to be one version", id="no number"),
        pytest.param(
            {"driver_installation": {**BARE["driver_installation"], "has_run_file": True}},
            *({}, "by a .run file.*Nothing was changed.*nvidia-uninstall"),
            id="run file",
        ),
        pytest.param(
            {"packages": {"libnvidia-compute-535": "535.1-0ubuntu1"}},
            *({}, "The driver 535.1 is installed.*not by this role.*Set nvidia_driver_version to 535.1"),
            id="another driver",
        ),
        pytest.param(
            {"loaded": {"version": "580.1", "module": "open"}}, {}, "belongs to no package", id="loaded of nowhere"
        ),
        pytest.param(
            {"driver_installation": {**BARE["driver_installation"], "platform": "tegra"}}, {}, "Jetson", id="Jetson"
        ),
        pytest.param({"driver_installation": {**BARE["driver_installation"], "platform": "wsl"}}, {}, "WSL", id="WSL"),
        pytest.param(
            {"distribution": {"id": "rocky", "name": "Rocky 9", "version": "9", "codename": ""}},
            {},
            "Rocky 9",
            id="Rocky",
        ),
        pytest.param({"running_work": WORK}, {}, "installed or loaded.*the job sft", id="work"),
        pytest.param({"held": ["libcuda1"]}, {}, "libcuda1 are held.*apt-mark unhold libcuda1", id="held"),
        pytest.param(
            {"driver_installation": {**BARE["driver_installation"], "secure_boot": True}},
            *({}, "Secure Boot is on.*mokutil --import"),
            id="Secure Boot",
        ),
        pytest.param({"gpus": []}, {}, "set nvidia_driver_module", id="no GPU on the bus"),
        pytest.param(
            {"source": {"is_current": False, "key": "", "problem": "line 3"}}, {"source": "nvidia"}, "line 3", id="apt"
        ),
    ],
)
def test_a_host_that_is_not_touched(changes: dict[str, Any], arguments: dict[str, Any], words: str) -> None:
    pattern = words.replace(".run", r"\.run")
    with pytest.raises(PlanError, match=f"(?s)gpu-01: .*{pattern}"):
        decide([host(changes, **arguments), host({}, "gpu-02", base=DONE)], "start")


def test_a_key_that_the_firmware_knows_and_a_signed_module_pass_secure_boot() -> None:
    secure = {"driver_installation": {**BARE["driver_installation"], "secure_boot": True}}
    assert "packages" in needs(host({**secure, "key_is_enrolled": True}))
    ubuntu = {**secure, "distribution": UBUNTU}
    # What Ubuntu has is known later.
    assert "packages" in needs(host(ubuntu, version="580.95.05"))
    version = "580.95.05-0ubuntu0.24.04.2"
    names = ("nvidia-headless-no-dkms-580-server-open", "nvidia-utils-580-server")
    has = {**dict.fromkeys(names, version), SIGNED: "6.12-1", "nvidia-dkms-580-server-open": version}
    found = decide([host({**ubuntu, "candidates": has}, version="580.95.05")], "packages")["hosts"]["gpu-01"]
    assert found["packages"] == [*(f"{name}={version}" for name in names), f"{SIGNED}=6.12-1"]
    assert "Secure Boot" in refusal(
        host({**ubuntu, "candidates": {**has, SIGNED: ""}}, version="580.95.05"), "packages"
    )


def test_work_keeps_a_host_from_a_restart_but_not_from_what_ends_nothing() -> None:
    waiting = {"loaded": {"version": "535.1", "module": "open"}, "running_work": WORK}
    assert needs(host(waiting, base=DONE)) == ["restart"]
    assert "by a restart" in refusal(host(waiting, base=DONE, reboot="when_needed"))
    assert needs(host({"running_work": WORK, "held": [], "recorded": []}, base=DONE)) == ["hold"]


CANDIDATES = {**INSTALLED, HEADERS: "6.12.48-1"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"candidates": {**CANDIDATES, "libcuda1": ""}}, "has no libcuda1, and 550.163.01 is wanted.*non-free"),
        ({"candidates": {**CANDIDATES, "nvidia-smi": "535.261.03-1"}}, "has nvidia-smi 535.261.03-1, and 550"),
        (
            {"candidates": CANDIDATES, "simulated": {"removes": [], "problem": "a : Depends b"}},
            "cannot install.*Depends",
        ),
        ({"candidates": CANDIDATES, "simulated": {"removes": ["xorg"], "problem": ""}}, "would remove xorg"),
        (
            {
                "candidates": {**CANDIDATES, HEADERS: ""},
                "driver_installation": {**BARE["driver_installation"], "has_headers": False},
            },
            f"has no {HEADERS}.*restart the host into it",
        ),
    ],
)
def test_what_apt_does_not_have(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=f"(?s)gpu-01: .*{words}"):
        decide([host(changes)], "packages")


def test_headers_are_installed_where_the_kernel_has_none() -> None:
    lacking = {**BARE["driver_installation"], "has_headers": False}
    found = decide([host({"driver_installation": lacking, "candidates": CANDIDATES})], "packages")["hosts"]["gpu-01"]
    assert found["packages"][0] == f"{HEADERS}=6.12.48-1"
    assert f"nvidia-kernel-dkms={VERSION}-2" in found["packages"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"packages": {}}, "are not all installed"),
        ({"driver_installation": {**BUILT, "module_version": "", "sources": ["nvidia-1"]}}, "was not built"),
        ({"driver_installation": {**BUILT, "module_version": "535.1"}}, "its module is of 535.1"),
        ({"loaded": {"version": "", "module": ""}}, "installed and not loaded"),
    ],
)
def test_a_host_that_has_not_become_as_wanted(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(host(changes, base=DONE), "done", judged="gpu-01")
    # Another host is judged when its turn comes.
    decide([host(changes, base=DONE)], "done", judged="gpu-02")


def test_a_restart_is_pending_until_it_was_done() -> None:
    waiting = host({"loaded": {"version": "535.1", "module": "open"}}, base=DONE)
    decide([waiting], "done", judged="gpu-01")
    said = refusal(waiting, "pending")
    assert "A restart is pending on gpu-01" in said
    assert "-e nvidia_driver_reboot=when_needed" in said
    decide([waiting], "pending", check_mode=True)
    decide([host({}, base=DONE)], "pending")


H200, V100, B200, GH200 = "0x2335", "0x1db1", "0x2901", "0x2342"


@pytest.mark.parametrize(
    ("wanted", "devices", "version", "module"),
    [
        ("auto", [H200], "580.95.05", "open"),
        ("auto", [H200], "550.163.01", "proprietary"),
        ("auto", [V100], "580.95.05", "proprietary"),
        ("auto", [V100, H200], "580.95.05", "proprietary"),
        ("auto", [B200], "570.1", "open"),
        ("auto", [GH200], "550.1", "open"),
        ("auto", [H200], "620.1", "open"),
        ("proprietary", [H200], "580.1", "proprietary"),
        ("open", [H200], "550.1", "open"),
        ("open", [], "550.1", "open"),
    ],
)
def test_the_kernel_module_of_a_generation(wanted: str, devices: list[str], version: str, module: str) -> None:
    assert choose_module(wanted, [{"device_id": one} for one in devices], version) == module


@pytest.mark.parametrize(
    ("wanted", "devices", "version", "words"),
    [
        ("auto", [], "580.1", "set nvidia_driver_module to open"),
        ("open", [V100], "580.1", "10de:1db1 are older"),
        ("proprietary", [B200], "580.1", "10de:2901 need the open module"),
        ("proprietary", [H200], "620.1", "620.1 has nothing but the open module"),
        ("auto", [V100, B200], "580.1", "no driver serves both"),
        ("auto", [V100], "590.1", "580 is the last driver for"),
    ],
)
def test_a_module_that_does_not_serve_them(wanted: str, devices: list[str], version: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        choose_module(wanted, [{"device_id": one} for one in devices], version)


@pytest.mark.parametrize(
    ("source", "distribution", "version", "module", "names"),
    [
        ("distribution", "debian", "550.1", "open", ["libcuda1", "nvidia-open-kernel-dkms"]),
        ("distribution", "debian", "550.1", "proprietary", ["libcuda1", "nvidia-kernel-dkms"]),
        ("nvidia", "debian", "580.1", "open", ["nvidia-driver-cuda", "nvidia-kernel-open-dkms"]),
        ("nvidia", "debian", "580.1", "proprietary", ["nvidia-driver-cuda", "nvidia-kernel-dkms"]),
        ("nvidia", "ubuntu", "580.1", "open", ["libnvidia-compute-580", "nvidia-dkms-580-open"]),
        ("nvidia", "ubuntu", "590.1", "open", ["libnvidia-compute", "nvidia-dkms-open"]),
        ("distribution", "ubuntu", "580.1", "", ["nvidia-headless-no-dkms-580-server", "nvidia-dkms-580-server"]),
    ],
)
def test_the_names_of_the_packages(source: str, distribution: str, version: str, module: str, names: list[str]) -> None:
    found = driver_packages(source, distribution, version, module, KERNEL)
    assert [found.pinned[0], found.built] == names


def test_versions_of_packages() -> None:
    assert upstream_version("580.95.05-0ubuntu0.24.04.2") == upstream_version("1:580.95.05-1") == "580.95.05"
    assert upstream_version("1.18.1-1") == upstream_version("20240109+1") == ""
    has = {**INSTALLED, "nvidia-container-toolkit": "1.18.1-1", "nvidia-kernel-common": "20240109+1"}
    assert installed_versions(has) == [VERSION]
    assert packages_of_version(has, VERSION) == sorted(PACKAGES)


@pytest.mark.parametrize(
    ("distribution", "key"),
    [
        (BARE["distribution"], "https://n.example/repos/debian13/x86_64/8793F200.pub"),
        (UBUNTU, "https://n.example/repos/ubuntu2404/x86_64/3bf863cc.pub"),
    ],
)
def test_the_key_of_a_distribution(distribution: dict[str, str], key: str) -> None:
    arguments = host({"distribution": distribution}).arguments
    assert arguments["repository_key"] == key
    assert len(arguments["repository_key_fingerprint"]) == 40
    assert host({}, repository_key="k", repository_key_fingerprint="AB").arguments["repository_key"] == "k"
