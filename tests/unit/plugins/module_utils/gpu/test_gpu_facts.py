# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read of the GPUs of a host, and that no output of a program ends in a traceback."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.gpu import bus, driver, observation
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.address import pci_address
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.commands import ask, lines_with
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.description import describe_gpu
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.kernel_log import MAX_ENTRIES, parse_xids
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.listing import parse_listing
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import facts_of, listing_of
from hypothesis import example, given
from hypothesis import strategies as st

WORDS = st.sampled_from(["N/A", "12 MiB", "-1", "9" * 40, "Yes", "1e9", "٣ MiB", "\x1b[31m", "0x1700", ""])


def test_an_h200() -> None:
    (gpu,) = facts_of("h200")["gpus"]
    assert (gpu["model"], gpu["architecture"], gpu["compute_capability"]) == ("NVIDIA H200", "Hopper", "9.0")
    assert gpu["uuid"].startswith("GPU-10000000") and gpu["pci_address"] == "0000:17:00.0"
    assert (gpu["memory_bytes"], gpu["used_memory_bytes"]) == (143771 * 2**20, 0)
    assert gpu["ecc"] == {
        "enabled": True,
        "volatile_corrected": 0,
        "volatile_uncorrected": 0,
        "aggregate_corrected": 0,
        "aggregate_uncorrected": 0,
        "sram_threshold_exceeded": False,
    }
    assert gpu["remapped_rows"] == {"corrected": 0, "uncorrected": 0, "pending": False, "failure": False}
    assert gpu["pcie"] == {"generation": 5, "generation_max": 5, "width": 16, "width_max": 16, "slot_width": 16}
    assert (gpu["power_watts"], gpu["power_limit_watts"]) == (76.48, 700.0)
    assert gpu["clocks_mhz"] == {"sm": 345, "sm_max": 1980, "memory": 3201, "memory_max": 3201}
    assert (gpu["temperature_celsius"], gpu["performance_state"], gpu["slowdowns"]) == (29, "P0", [])
    assert (gpu["fabric"], gpu["recovery_action"]) == ({"state": "Completed", "status": "Success"}, "None")
    assert (gpu["mig"], gpu["persistence"], gpu["processes"]) == (False, True, [])


def test_an_a100_with_mig() -> None:
    (gpu,) = facts_of("a100_mig")["gpus"]
    assert (gpu["mig"], gpu["mig_devices"], gpu["utilization_percent"]) == (True, 3, None)
    assert (gpu["power_watts"], gpu["recovery_action"], gpu["fabric"]["state"]) == (62.11, "", "")
    (process,) = gpu["processes"]
    assert (process["pid"], process["type"], process["memory_bytes"]) == (5150, "C", 9000 * 2**20)


def test_what_a_geforce_does_not_know_is_none() -> None:
    (gpu,) = facts_of("rtx_4090")["gpus"]
    assert (gpu["ecc"]["enabled"], gpu["ecc"]["volatile_uncorrected"], gpu["mig"]) == (None, None, None)
    assert gpu["remapped_rows"] == {"corrected": None, "uncorrected": None, "pending": None, "failure": None}
    assert (gpu["persistence"], gpu["performance_state"], gpu["processes"][0]["type"]) == (False, "P8", "G")


OLD_ECC = {"volatile": "<double_bit><device_memory>1</device_memory><total>3</total></double_bit>"}


def test_a_total_of_drivers_before_ampere_and_their_names_of_slowdowns() -> None:
    planted = {f"ecc_errors/{name}": value for name, value in OLD_ECC.items()}
    planted["clocks_throttle_reasons/clocks_throttle_reason_hw_slowdown"] = "Active"
    (gpu,) = facts_of("t4", planted=planted)["gpus"]
    assert (gpu["ecc"]["volatile_uncorrected"], gpu["ecc"]["volatile_corrected"]) == (3, None)
    assert gpu["slowdowns"] == ["hw_slowdown"]


def test_eight_gpus_with_words_around_the_listing() -> None:
    text = f"WARNING: infoROM is corrupted\n{listing_of('h200', 8)}\nmore words"
    found = parse_listing(text)
    assert [one.values["minor_number"] for one in found.gpus] == list("01234567")
    assert (found.driver_version, found.cuda_version) == ("580.105.08", "13.0")


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    "<nvidia_smi_log><driver_version>&b;</driver_version></nvidia_smi_log>"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "printed no listing but: nothing"),
        ("NVIDIA-SMI has failed", "no listing but: NVIDIA-SMI has failed"),
        ("<?xml?></nvidia_smi_log>", "cannot be read"),
        ('<?xml version="1.0"?><nvidia_smi_log><gpu></nvidia_smi_log>', "cannot be read: mismatched tag"),
        (BOMB, "defines entities"),
        (f'<?xml version="1.0"?><nvidia_smi_log>{"<a>" * 40}</nvidia_smi_log>', "too long or too deep"),
    ],
)
def test_what_is_no_listing(text: str, words: str) -> None:
    with pytest.raises(PlanError) as refused:
        parse_listing(text)
    assert words in refused.value.message and refused.value.message.startswith("nvidia-smi -q -x")


def test_a_file_that_an_entity_names_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    document = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    with pytest.raises(PlanError):
        parse_listing(f"{document}<nvidia_smi_log><driver_version>&x;</driver_version></nvidia_smi_log>")


@given(st.text(max_size=400), st.integers(0, 6000), st.integers(0, 60), WORDS)
@example("", 0, 0, "")
def test_a_listing_that_was_spoilt_is_read_or_refused(put_in: str, at: int, left_out: int, word: str) -> None:
    text = listing_of("h200", planted={"fb_memory_usage/total": word, "pci/pci_bus_id": word, "product_name": word})
    for one in (text[:at] + put_in + text[at + left_out :], put_in):
        with contextlib.suppress(PlanError):
            for number, record in enumerate(parse_listing(one).gpus):
                describe_gpu(record, number)


PATHS = st.sampled_from(["ecc_errors/volatile/dram_uncorrectable", "temperature/gpu_temp", "clocks/sm_clock", "uuid"])


@given(st.dictionaries(PATHS, st.text(max_size=60), max_size=4))
def test_whatever_a_value_is(values: dict[str, str]) -> None:
    (record,) = parse_listing(listing_of("h200")).gpus
    record.values.update(values)
    assert describe_gpu(record, 0)["index"] == 0


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("00000000:3B:00.0", "0000:3b:00.0"),
        ("PCI:0000:3b:00", "0000:3b:00.0"),
        ("00010001:01:00.0", "10001:01:00.0"),
        ("no address", ""),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert pci_address(text) == address


INFORMATION = """Model: \t\t NVIDIA H200
IRQ:   \t\t 63
GPU UUID: \t GPU-1
Bus Location: \t 0000:3b:00.0
Device Minor: \t 2
GPU Excluded:\t No
"""


def test_the_gpus_of_the_driver(tmp_path: Path) -> None:
    (tmp_path / "0000:3B:00.0").mkdir()
    (tmp_path / "0000:3B:00.0" / "information").write_text(INFORMATION)
    (one,) = observation.driver_gpus(tmp_path)
    assert one == {
        "pci_address": "0000:3b:00.0",
        "model": "NVIDIA H200",
        "uuid": "GPU-1",
        "minor": 2,
        "is_excluded": False,
    }
    assert observation.driver_gpus(tmp_path / "none") == []
    assert driver.parse_information("0000:3b:00.0", "Blacklisted: Yes")["is_excluded"]


LINKS = """GPU 0: NVIDIA H200 (UUID: GPU-1)
\t Link 0: 26.562 GB/s
\t Link 1: <inactive>
GPU 1: NVIDIA H200 (UUID: GPU-2)
all links are inActive
"""


def test_what_other_commands_print() -> None:
    assert driver.parse_nvlinks(LINKS) == {
        "GPU-1": {"active": 1, "inactive": 1},
        "GPU-2": {"active": 0, "inactive": 0},
    }
    assert driver.parse_capabilities("GPU-1, 9.0\nGPU-2, [N/A]\nword") == {"GPU-1": "9.0"}
    assert driver.parse_unit("LoadState=loaded\nActiveState=active") == "active"
    assert driver.parse_unit("LoadState=not-found\nActiveState=inactive") == "not-found"
    assert driver.parse_unit("No such file or directory") == ""


JOURNAL = [
    "1769860800.250000 gpu-01 kernel: NVRM: Xid (PCI:0000:3b:00): 79, pid=4711, name=python3, GPU has fallen off",
    "1769860801.250000 gpu-01 kernel: NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen",
    "1769860802.250000 gpu-01 kernel: NVRM: Xid (0000:17:00): 31, Ch 00000010",
    "1769860802.250000 gpu-01 kernel: NVRM: loading",
]


def test_xids_of_the_journal() -> None:
    lost, fault = parse_xids(JOURNAL)
    assert (lost["pci_address"], lost["number"], lost["count"], lost["time"]) == ("0000:3b:00.0", 79, 2, 1769860801.25)
    assert (lost["pid"], lost["process"]) == (None, "")
    assert (fault["pci_address"], fault["number"], fault["said"]) == ("0000:17:00.0", 31, "Ch 00000010")


def test_xids_of_dmesg_count_from_the_start() -> None:
    (one,) = parse_xids(["[  100.500000] NVRM: Xid (PCI:0000:3b:00): 48, pid=7, name=a, DBE"], 1000.0)
    assert (one["time"], one["pid"], one["process"]) == (1100.5, 7, "a")


def test_a_flood_of_xids_stays_small() -> None:
    lines = [f"NVRM: Xid (PCI:0000:{number % 256:02x}:00): {number}, \x1b[31m{'x' * 9000}" for number in range(3000)]
    found = parse_xids(lines)
    assert len(found) == MAX_ENTRIES
    assert all(len(one["said"]) <= 200 and "\x1b" not in one["said"] for one in found)


@given(st.lists(st.text(max_size=120) | st.from_regex(r"[0-9.]{0,14} NVRM: Xid \(.{0,14}\): [0-9]{1,6}.{0,20}")))
def test_whatever_the_kernel_has_written(lines: list[str]) -> None:
    parse_xids(lines)
    text = "\n".join(lines)
    driver.parse_nvlinks(text)
    driver.parse_capabilities(text)
    driver.parse_information(text, text)
    driver.parse_unit(text)


def _device(root: Path, at: str, **contents: Any) -> Path:
    device = root / "devices" / at
    device.mkdir(parents=True)
    for name, content in contents.items():
        (device / (name if name != "class_" else "class")).write_text(f"{content}\n")
    return device


def test_the_place_of_a_gpu(tmp_path: Path) -> None:
    _device(tmp_path, "pci0000:3a/0000:3a:01.0", max_link_width=16)
    gpu = _device(tmp_path, "pci0000:3a/0000:3a:01.0/0000:3b:00.0", vendor="0x10de", class_="0x030200", numa_node=1)
    near = _device(tmp_path, "pci0000:3a/0000:3a:02.0/0000:3c:00.0", numa_node=1)
    far = _device(tmp_path, "pci0000:00/0000:00:1f.0", numa_node=0)
    switch = _device(tmp_path, "pci0000:3a/0000:3a:03.0", vendor="0x10de", class_="0x068000")
    devices, interfaces = tmp_path / "bus", tmp_path / "net"
    devices.mkdir()
    for one in (gpu, near, far, switch):
        (devices / one.name).symlink_to(one)
    for name, card in (("eth0", far), ("eth1", near)):
        (interfaces / name).mkdir(parents=True)
        (interfaces / name / "device").symlink_to(card)
    (interfaces / "lo").mkdir()
    assert bus.slot_of("0000:3b:00.0", devices) == {"slot_width": 16, "numa_node": 1}
    assert bus.slot_of("0000:ff:00.0", devices) == {"slot_width": None, "numa_node": None}
    assert bus.count_switches(devices) == 1
    assert bus.near_interfaces("0000:3b:00.0", devices, interfaces) == ["eth1"]


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({"eth0": "/sys/devices/pci0000:3a/1", "eth1": "/sys/devices/pci0000:00/2"}, ["eth0"]),
        ({"eth0": "/sys/devices/pci0000:00/1", "eth1": "/sys/devices/pci0000:00/2"}, []),
        ({"ib0": "/sys/devices/pci0000:3a/0000:3a:01.0/2", "eth0": "/sys/devices/pci0000:3a/9"}, ["ib0"]),
        ({}, []),
    ],
)
def test_the_nearest_interfaces(cards: dict[str, str], expected: list[str]) -> None:
    gpu = Path("/sys/devices/pci0000:3a/0000:3a:01.0/0000:3b:00.0")
    assert bus.nearest(gpu, {name: Path(path) for name, path in cards.items()}) == expected


@pytest.mark.parametrize(
    "line",
    [
        f"0::/system.slice/docker-{'a' * 64}.scope",
        f"12:memory:/docker/{'a' * 64}\n0::/",
        f"0::/docker/{'b' * 64}/system.slice/docker-{'a' * 64}.scope",
    ],
)
def test_the_container_of_a_process(tmp_path: Path, line: str) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text(f"{line}\n")
    assert observation.container_of(7, tmp_path) == "a" * 64
    assert observation.container_of(8, tmp_path) == observation.container_of(None, tmp_path) == ""


def test_commands_are_bounded() -> None:
    assert ask("sh", "-c", "echo a; echo b >&2; exit 3") == {"rc": 3, "said": "a\nb"}
    assert ask("sleep", "9", seconds=0.1) == {"rc": None, "said": "sleep 9 took longer than 0.1 s"}
    assert ask("/no/such/program")["rc"] is None
    assert lines_with("x", ["printf", "a\\nxb\\n"]) == (["xb\n"], True)
    assert lines_with("x", ["sh", "-c", "echo x; exec sleep 9"], 0.2) == ([], False)
    assert lines_with("x", ["true"]) == lines_with("x", ["/no/such/program"]) == ([], False)


def test_a_host_without_any_sign_of_a_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(observation, "nvidia_gpus", lambda devices: [])
    monkeypatch.setattr(observation, "driver_gpus", list)
    monkeypatch.setattr(observation.shutil, "which", lambda name, path: None)
    found = observation.observe_gpus()
    assert (found["gpus"], found["nvidia_smi"], found["problems"]) == ([], None, [])
    assert found["shared_memory"]["total_bytes"] > 0


def test_a_host_whose_nvidia_smi_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = {
        "-L": "GPU 0: NVIDIA H200 (UUID: GPU-10000000-1111-2222-3333-444444444444)",
        "-q": listing_of("h200"),
        "--query-gpu=uuid,compute_cap": "GPU-10000000-1111-2222-3333-444444444444, 9.0",
        "nvlink": "GPU 0: NVIDIA H200 (UUID: GPU-10000000-1111-2222-3333-444444444444)\n\t Link 0: 26.562 GB/s",
        "show": "LoadState=not-found\nActiveState=inactive",
    }
    monkeypatch.setattr(observation.shutil, "which", lambda name, path: name)
    monkeypatch.setattr(observation, "ask", lambda *argv: {"rc": 0, "said": said[argv[1]]})
    monkeypatch.setattr(observation, "lines_with", lambda needle, argv: ([], False))
    monkeypatch.setattr(observation.KernelMessages, "read", lambda self: None)
    found = observation.observe_gpus()
    (gpu,) = found["gpus"]
    assert (gpu["compute_capability"], gpu["nvlinks"], gpu["interfaces"]) == ("9.0", {"active": 1, "inactive": 0}, [])
    assert (found["fabric_manager"], found["cuda_version"]) == ("not-found", "13.0")
    assert found["problems"] == [observation.NO_LOG]


def test_the_last_place_where_xids_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "lines_with", lambda needle, argv: ([], False))
    monkeypatch.setattr(observation.KernelMessages, "read", lambda self: [(1000.5, JOURNAL[0].partition(": ")[2])])
    (one,) = observation._xids() or []
    assert (one["number"], one["time"]) == (79, 1000.5)
    monkeypatch.setattr(observation.KernelMessages, "read", lambda self: None)
    assert observation._xids() is None


@pytest.mark.parametrize(
    ("program", "rc", "said"),
    [
        ("", None, "nvidia-smi is not installed"),
        ("exec sleep 60", None, "took longer than 0.3 s"),
        ("head -c 4000 /dev/urandom", 0, ""),
        ("echo '<?xml version=\"1.0\"?>'; yes '<gpu>' | head -n 100; echo '</nvidia_smi_log>'", 0, ""),
        ("kill -SEGV $$", -11, ""),
        ("exit 3", 3, ""),
    ],
)
def test_an_nvidia_smi_that_is_absent_hangs_or_prints_garbage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, rc: int | None, said: str
) -> None:
    if program:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    real = observation.ask
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(observation, "ask", lambda *argv: real(*argv, seconds=0.3))
    monkeypatch.setattr(observation, "lines_with", lambda needle, argv: ([], True))
    monkeypatch.setattr(
        observation, "nvidia_gpus", lambda devices: [{"pci_address": "0000:17:00.0", "device_id": "", "driver": ""}]
    )
    found = observation.observe_gpus()
    assert found["gpus"] == [] and found["nvidia_smi"]["rc"] == rc and said in found["nvidia_smi"]["said"]
    assert any(one.startswith("nvidia-smi -q -x printed") for one in found["problems"])
