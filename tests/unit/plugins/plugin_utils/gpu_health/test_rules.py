# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Planted listings of sick GPUs, each refused with its remedy, and healthy ones, which give no finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.limits import bytes_of
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.problem import GpuUse
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health.xids import XIDS
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.finding import Finding
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_health.rules import gpu_findings
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import (
    changed,
    facts_of,
    process,
    without,
    xid,
)
from ansible_collections.distrain.cluster.tests.unit.support.sick_gpus import (
    ALL,
    BUS_OF_THIRD,
    DRIVER_535,
    EIGHT,
    HOSTS,
    LISTINGS,
    REASON,
    THIRD,
    TRAINING,
    WIDTH,
    sick_hosts,
    without_recovery,
)
from hypothesis import given
from hypothesis import strategies as st

OURS = "c" * 64


def host(name: str = "h200", count: int = 8, planted: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    return facts_of(name, count, planted, **changes)


def found(facts: dict[str, Any], use: GpuUse | None = TRAINING) -> list[Finding]:
    return gpu_findings({"gpu-01": facts}, {"gpu-01": use} if use else {})


def errors(facts: dict[str, Any], use: GpuUse | None = TRAINING) -> list[Finding]:
    return [one for one in found(facts, use) if one.severity == "error"]


@pytest.mark.parametrize(
    ("facts", "use"),
    [
        (host(), TRAINING),
        (host(), None),
        (host("t4", 4), replace(TRAINING, processes=4)),
        (host("t4", 1, {"pci/pci_gpu_link_info/pcie_gen/current_link_gen": "1"}), TRAINING),
        (host("rtx_4090", 1, {"persistence_mode": "Enabled"}), replace(TRAINING, processes=1)),
        (host("a100_mig", 1, {"mig_mode/current_mig": "Disabled", "processes": "<none/>"}), TRAINING),
        (host(planted={"clocks_event_reasons/clocks_event_reason_sw_power_cap": "Active"}), TRAINING),
        (host(xids=[xid(154)]), TRAINING),
        (host(planted={"processes": process(1, "/usr/bin/nvidia-cuda-mps-server")}), TRAINING),
        (host(planted={"processes": process(1, "/usr/lib/xorg/Xorg", "G")}), TRAINING),
    ],
    ids=str,
)
def test_healthy(facts: dict[str, Any], use: GpuUse | None) -> None:
    assert found(facts, use) == []


@pytest.mark.parametrize("name", LISTINGS)
def test_a_sick_listing_is_refused(name: str) -> None:
    planted, words, remedy = LISTINGS[name]
    ((host_name, one),) = [(one.host, one) for one in errors(facts_of("h200", 8, planted, at=2))]
    assert host_name == "gpu-01" and one.found.startswith(words) and remedy in one.remedy


@pytest.mark.parametrize("name", HOSTS)
def test_a_sick_host_is_refused(name: str) -> None:
    facts, use, words, remedy = HOSTS[name]
    (one,) = errors(facts, use)
    assert one.found.startswith(words) and remedy in one.remedy


def test_each_of_many_more_than_twenty_is_refused_by_one_error() -> None:
    refused = {name: len(errors(facts, use)) for name, facts, use in sick_hosts()}
    assert len(refused) >= 60 and set(refused.values()) == {1}


@pytest.mark.parametrize("number", sorted(XIDS))
def test_each_xid_has_its_severity_and_remedy(number: int) -> None:
    row = XIDS[number]
    facts = without_recovery(host(xids=[xid(number, BUS_OF_THIRD, count=3)]))
    (one,) = found(facts)
    assert one.severity == row.severity and one.remedy.startswith(row.remedy)
    assert one.found == (
        f"{THIRD}: Xid {number} 3 times, last at 2026-01-31 12:00:00 UTC, by python3 (PID 4711): {row.name}; mostly "
        f"the fault of {row.fault}"
    )
    assert row.source.startswith("https://docs.nvidia.com/")


@pytest.mark.parametrize("number", [46, 48, 62, 64, 74, 79, 95, 109, 119, 120, 140, 143, 149])
def test_these_xids_need_a_recovery(number: int) -> None:
    assert XIDS[number].needs_recovery


@pytest.mark.parametrize("number", [13, 31, 43, 45, 63, 68, 69, 92, 94])
def test_these_xids_do_not(number: int) -> None:
    assert not XIDS[number].needs_recovery


def test_an_xid_after_which_the_driver_needs_nothing_is_a_warning() -> None:
    (one,) = found(host(xids=[xid(95, BUS_OF_THIRD)]))
    assert one.severity == "warning" and "nothing is left to be done" in one.found


def test_an_xid_of_a_gpu_that_is_gone_is_an_error() -> None:
    lacking, lost = errors(without(host(xids=[xid(79, BUS_OF_THIRD, time=None, process="")]), 2))
    assert lacking.found.endswith(f"does not list {BUS_OF_THIRD}")
    assert lost.found.startswith(f"GPU {BUS_OF_THIRD}: Xid 79 once, since the host's start: the GPU has fallen off")


def test_an_xid_that_is_not_known_is_a_warning_with_its_words() -> None:
    (one,) = found(host(xids=[xid(9999)]))
    assert one.severity == "warning" and one.found.endswith("pid=4711, name=python3, text")


@pytest.mark.parametrize(
    ("facts", "use", "severity", "words"),
    [
        (host(planted={"persistence_mode": "Disabled"}), None, "note", "persistence is off"),
        (host(planted={"ecc_errors/aggregate/dram_uncorrectable": "1"}), TRAINING, "note", "in its whole life"),
        (host(planted={f"{REASON}sw_thermal_slowdown": "Active"}), TRAINING, "warning", "as it is hot (29 °C)"),
        (host(planted={"gpu_recovery_action": "Drain P2P"}), TRAINING, "warning", "Drain P2P"),
        (host(planted={"mig_mode/current_mig": "Enabled"}), None, "warning", "MIG is on"),
        (host(planted={"processes": process(7)}), None, "note", "python3 (PID 7"),
        (host(planted={WIDTH: "8x", "performance_state": "P8"}), TRAINING, "warning", "may save power"),
        (changed(host(planted={WIDTH: "8x"}), 0, "pcie", {"slot_width": 8}), None, "warning", "its slot has no more"),
        (changed(host(planted={WIDTH: "8x"}), 0, "pcie", {"slot_width": 32}), None, "warning", "is not known"),
        (changed(host(planted={WIDTH: "8x"}), 0, "pcie", {"slot_width": None}), None, "warning", "is not known"),
        (host(problems=["the log cannot be read."]), TRAINING, "warning", "the log cannot be read"),
        (
            {**host(), "cuda_version": "12.2", "driver_version": "535.1", "library_version": ""},
            replace(TRAINING, environment={"CUDA_VERSION": "12.4.1"}),
            "warning",
            "minor version compatibility",
        ),
        (host(), replace(TRAINING, environment={"CUDA_VERSION": "11.4"}), "warning", "is newer than CUDA 11.4"),
    ],
    ids=str,
)
def test_what_refuses_nothing(facts: dict[str, Any], use: GpuUse | None, severity: str, words: str) -> None:
    (one,) = found(facts, use)
    assert one.severity == severity and words in one.found


def test_a_gpu_that_the_host_was_not_given_is_a_note() -> None:
    facts = without(EIGHT, 2)
    driven = [{**one, "has_node": one["pci_address"] != BUS_OF_THIRD} for one in facts["driver_gpus"]]
    (one,) = found({**facts, "driver_gpus": driven})
    assert one.severity == "note" and "there is no /dev/nvidia2" in one.found
    excluded = [{**one, "is_excluded": one["pci_address"] == BUS_OF_THIRD} for one in facts["driver_gpus"]]
    (one,) = found({**facts, "driver_gpus": excluded})
    assert one.severity == "note" and "the driver leaves it out" in one.found


SICK_THIRD = facts_of(
    "h200",
    8,
    {"remapped_rows/remapped_row_pending": "Yes", "gpu_recovery_action": "N/A"},
    at=2,
    xids=[xid(48, BUS_OF_THIRD)],
)


@pytest.mark.parametrize(
    ("claimed", "count"),
    [(ALL, 2), (("2",), 2), (("GPU-10000002-1111-2222-3333-444444444444",), 2), (("0", "1"), 0), (("2:0",), 2)],
)
def test_only_gpus_that_the_job_gets_are_judged(claimed: tuple[str, ...], count: int) -> None:
    assert len(errors(SICK_THIRD, replace(TRAINING, claimed=claimed))) == count


def test_processes_of_trainers_are_no_strangers() -> None:
    facts = host(planted={"processes": process(7)})
    facts["gpus"][0]["processes"][0]["container"] = OURS
    assert found(facts, replace(TRAINING, containers=(OURS,))) == []
    (one,) = errors(facts)
    assert f"in container {OURS[:12]}" in one.found
    assert found(facts, replace(TRAINING, is_shared=True)) == []


def test_a_job_that_names_mig_devices_knows_of_mig() -> None:
    facts = facts_of("a100_mig", planted={"processes": "<none/>"})
    facts["gpus"][0]["processes"] = []
    assert errors(facts, replace(TRAINING, claimed=("0:0",))) == []
    assert "divided into 3 devices" in errors(facts)[0].found


@pytest.mark.parametrize(
    ("manager", "links", "is_refused"),
    [
        ("active", 0, False),
        ("inactive", 12, True),
        ("not-found", 12, False),
        ("not-found", 0, True),
        ("failed", 0, True),
    ],
)
def test_the_fabric_of_gpus_that_do_not_speak_of_it(manager: str, links: int, is_refused: bool) -> None:
    facts = host("a100_mig", 1, {"mig_mode/current_mig": "Disabled", "processes": "<none/>"}, fabric_manager=manager)
    refused = errors(changed(facts, 0, "nvlinks", {"active": links}))
    assert ["6 NVSwitches" in one.found for one in refused] == [True] * is_refused


REQUIRED = "cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=nvidia,driver>=535,driver<536"


@pytest.mark.parametrize(
    ("environment", "severities"),
    [
        ({"CUDA_VERSION": "12.4.1", "NVIDIA_REQUIRE_CUDA": REQUIRED}, []),
        ({"CUDA_VERSION": "12.4.1", "NVIDIA_REQUIRE_CUDA": "cuda>=12.4 brand=geforce,driver>=535"}, ["warning"]),
        ({"CUDA_VERSION": "12.4.1", "NVIDIA_REQUIRE_CUDA": REQUIRED, "NVIDIA_DISABLE_REQUIRE": "1"}, ["warning"]),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=13.0"}, ["error"]),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=13.0 word arch>=9.0"}, []),
        ({"CUDA_VERSION": "11.8.0"}, []),
        ({"CUDA_VERSION": "word"}, []),
        ({"TORCH_CUDA_ARCH_LIST": "8.0;9.0a"}, []),
        ({"TORCH_CUDA_ARCH_LIST": "8.0 8.6+PTX"}, []),
        ({"TORCH_CUDA_ARCH_LIST": "Ampere;Hopper"}, []),
        ({"TORCH_CUDA_ARCH_LIST": "9.5 10.0+PTX"}, ["error"]),
    ],
)
def test_what_an_image_needs(environment: dict[str, str], severities: list[str]) -> None:
    findings = found({**EIGHT, **DRIVER_535}, replace(TRAINING, environment=environment))
    assert [one.severity for one in findings] == severities


def test_hosts_with_another_driver_than_most() -> None:
    hosts = {f"gpu-0{number}": host() for number in (1, 2, 3)}
    hosts["gpu-02"] |= {"driver_version": "575.57.08", "library_version": "575.57.08"}
    (one,) = gpu_findings(hosts)
    assert (one.host, one.severity) == ("gpu-02", "warning")
    assert one.found == "NVIDIA's driver is 575.57.08, and 580.105.08 on gpu-01"


def test_a_host_without_gpus_has_no_findings() -> None:
    assert found({**EIGHT, "nvidia_smi": None, "gpus": []}) == []


def test_an_old_stand_in_of_the_lab_is_no_error() -> None:
    nothing = {"bus": [], "driver_gpus": [], "gpus": [], "driver_version": "", "library_version": ""}
    said = "nvidia-smi -q -x printed no listing but: This stand-in for nvidia-smi knows only -L."
    (one,) = found({**EIGHT, **nothing, "problems": [said]})
    assert (one.severity, one.found) == ("warning", said.rstrip("."))


@pytest.mark.parametrize(
    ("size", "expected"),
    [("16gb", 16 * 2**30), ("64m", 64 * 2**20), ("1.5g", 3 * 2**29), ("4096", 4096), ("2GiB", 2**31), ("word", None)],
)
def test_sizes_as_docker_takes_them(size: str, expected: int | None) -> None:
    assert bytes_of(size) == expected


NAMES = st.sampled_from(["CUDA_VERSION", "NVIDIA_REQUIRE_CUDA", "TORCH_CUDA_ARCH_LIST", "NVIDIA_DISABLE_REQUIRE"])


@given(
    st.dictionaries(NAMES, st.text(max_size=60) | st.from_regex(r"[a-z]{1,6}[<>=]{1,2}[0-9.]{1,9}[ ,;]?")),
    st.text(max_size=12),
)
def test_whatever_an_image_says_of_itself(environment: dict[str, str], size: str) -> None:
    found(EIGHT, replace(TRAINING, environment=environment, ipc="private", shm_size=size))


@pytest.mark.parametrize(
    ("planted", "severity", "words"),
    [
        (
            {
                "gpu_virtualization_mode/virtualization_mode": "VGPU",
                "vgpu_software_licensed_product/license_status": "Unlicensed (Restricted)",
            },
            *("warning", "without a license (Unlicensed (Restricted))"),
        ),
        ({"gpu_virtualization_mode/virtualization_mode": "VGPU"}, "note", "a virtual GPU (vGPU), whose time"),
        (
            {"product_name": "NVIDIA GB10", "fb_memory_usage/total": "N/A", "fb_memory_usage/used": "N/A"},
            *("note", "a NVIDIA GB10 has no memory of its own"),
        ),
        ({"gpu_virtualization_mode/virtualization_mode": "Pass-Through"}, "", ""),
    ],
)
def test_virtual_gpus_and_those_without_memory(planted: dict[str, str], severity: str, words: str) -> None:
    found = gpu_findings({"gpu-01": facts_of("rtx_4090", 1, {"persistence_mode": "Enabled", **planted})})
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert words in "".join(one.found for one in found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"toolkit_version": "1.17.0-1"}, "NVIDIA's container toolkit is 1.17.0-1, and 1.18.1-1 on gpu-01"),
        ({"toolkit_version": ""}, ""),
        (
            {"driver_version": "590.1", "library_version": "590.1", "toolkit_version": "1.17.0-1"},
            "NVIDIA's driver is 590.1, and ",
        ),
        ({"driver_version": "", "library_version": "590.1"}, "the library of NVIDIA's driver is 590.1, and "),
    ],
)
def test_versions_that_differ_between_hosts(changes: dict[str, str], words: str) -> None:
    one = facts_of("h200", 8, toolkit_version="1.18.1-1")
    found = gpu_findings({"gpu-01": one, "gpu-02": one, "gpu-03": {**one, **changes}})
    assert [finding.host for finding in found] == (["gpu-03"] if words else [])
    assert words in "".join(finding.found for finding in found)
