# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The GPUs of a job while it runs: new Xid errors, lowered clocks, GPUs that are gone, and a driver that is stuck."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.command import TOO_LATE, Ended
from ansible_collections.distrain.cluster.plugins.module_utils.gpu import watch
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.claims import claimed_gpus, is_claimed
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.history import HELD_SECONDS, GpuHistory
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.messages import KernelMessages
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.readings import parse_readings
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.watch import Answer, GpuWatch, Questions
from hypothesis import given
from hypothesis import strategies as st

FIRST, SECOND = "0000:17:00.0", "0000:3b:00.0"
NEVER, THERMAL = "0x0000000000000000", "0x0000000000000048"


def row(index: int, reasons: str = NEVER, temperature: str = "61") -> str:
    address = (FIRST, SECOND)[index]
    return f"{index}, GPU-{index}, 0000{address.upper()}, 97, {temperature}, {reasons}\n"


def answer(*rows: str, rc: int = 0, said: str = "") -> Answer:
    return Answer(rc, said, "GPU-0, 4711, 100\n", parse_readings("".join(rows)))


def record(number: int, address: str = SECOND, age: float = 0, priority: int = 4, words: str = "pid=7, name=a") -> str:
    at = int((time.clock_gettime(time.CLOCK_MONOTONIC_RAW) - age) * 1e6)
    return f"{priority},99,{at},-;NVRM: Xid (PCI:{address[:-2]}): {number}, {words}\n SUBSYSTEM=pci\n"


class Host:
    """A host with a kernel's log in a file, answers of nvidia-smi, and a clock."""

    def __init__(self, directory: Path, *answers: Answer | None, claimed: tuple[str, ...] = ("all",)) -> None:
        self.log = directory / "kmsg"
        self.log.touch()
        self.answers = list(answers)
        self.now = 100.0
        self.began = time.time() - 60
        messages = KernelMessages("NVRM: Xid", str(self.log))
        self.watch = GpuWatch(self.began, claimed, None, messages, lambda: self.answers.pop(0), lambda: self.now)
        self.watch._history._is_on_bus = lambda address: address not in self.off_bus
        self.off_bus: set[str] = set()

    def write(self, text: str) -> None:
        with self.log.open("a") as stream:
            stream.write(text)

    def found(self, queries: int = 1) -> dict[str, Any]:
        for _count in range(queries):
            self.watch.query()
        return self.watch.found()


def test_healthy_gpus_give_nothing(tmp_path: Path) -> None:
    assert Host(tmp_path, answer(row(0), row(1))).found() == {}


def test_a_new_xid_is_found_and_one_before_the_job_is_not(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0), row(1)))
    host.write(record(13, age=3600) + record(79, age=5))
    (one,) = host.found()["xids"]
    assert (one["number"], one["pci_address"], one["count"], one["pid"]) == (79, SECOND, 1, 7)
    assert abs(one["time"] - (time.time() - 5)) < 2
    host.write(record(79) + record(48, FIRST))
    again, other = host.watch.found()["xids"]
    assert (again["number"], again["count"], other["number"]) == (79, 2, 48)


def test_what_a_program_writes_into_the_log_is_no_xid(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0)))
    host.write(record(79, priority=12) + "NVRM: Xid (PCI:0000:3b:00): 79, words\n")
    assert host.found() == {}


def test_a_line_that_is_not_whole_yet_is_read_later(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0)))
    text = record(79)
    host.write(text[:20])
    assert host.found() == {}
    host.write(text[20:])
    assert [one["number"] for one in host.watch.found()["xids"]] == [79]


def test_a_log_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0)))
    host.log.unlink()
    assert host.found()["problems"] == [watch.NO_LOG]


@pytest.mark.parametrize(
    ("claimed", "numbers"),
    [(("all",), [79, 48, 31]), (("0",), [48, 31]), (("GPU-1",), [79, 31]), (("1:0",), [79, 31]), ((), None)],
)
def test_only_the_gpus_of_the_job_count(tmp_path: Path, claimed: tuple[str, ...], numbers: list[int] | None) -> None:
    host = Host(tmp_path, answer(row(0, THERMAL), row(1, THERMAL)), claimed=claimed)
    host.write(record(79) + record(48, FIRST) + record(31, "0000:ff:00.0"))
    found = host.found()
    assert [one["number"] for one in found["xids"]] == numbers if numbers else found == {}
    if claimed == ("0",):
        assert {one["uuid"] for one in found["slowdowns"]} == {"GPU-0"} == {one["uuid"] for one in found["gpus"]}


def test_lowered_clocks_are_one_finding_until_they_were_away_for_long() -> None:
    history = GpuHistory(("all",), lambda address: True)
    for now, reasons in ((0.0, THERMAL), (10.0, NEVER), (20.0, THERMAL)):
        history.add(parse_readings(row(0, reasons)), (), True, now)
    thermal = next(one for one in history.found(20.0)["slowdowns"] if one["reason"] == "hw_thermal_slowdown")
    assert (thermal["since"], thermal["last"], thermal["readings"], thermal["temperature_celsius"]) == (0, 20, 2, 61)
    assert history.found(20.0 + HELD_SECONDS)["slowdowns"] == []


def test_a_slowdown_that_names_no_reason_counts_from_the_second_reading_on() -> None:
    history = GpuHistory(("all",), lambda address: True)
    shown = []
    for now in (0.0, 10.0):
        history.add(parse_readings(row(0, "0x8")), (), True, now)
        shown.append([one["reason"] for one in history.found(now)["slowdowns"]])
    assert shown == [[], ["hw_slowdown"]]


def test_a_gpu_that_is_no_longer_listed_is_gone_and_comes_back(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0), row(1)), answer(row(0)), answer(row(0), row(1)))
    assert [one["uuid"] for one in host.found(2)["gone"]] == ["GPU-1"]
    assert host.found() == {}


LOST = f"Unable to determine the device handle for GPU1: 0000{SECOND.upper()}: GPU is lost.  Reboot the system"


def test_a_gpu_that_nvidia_smi_cannot_use_is_gone_and_not_the_others(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0), row(1)), answer(rc=15, said=LOST))
    found = host.found(2)
    assert [one["index"] for one in found["gone"]] == [1] and "problems" not in found


def test_a_gpu_off_the_bus_is_gone_also_while_nvidia_smi_hangs(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0), row(1)), None)
    host.found()
    host.off_bus = {FIRST}
    found = host.found()
    assert [one["uuid"] for one in found["gone"]] == ["GPU-0"] and found["problems"] == [watch.NO_ANSWER]


def test_a_query_that_is_stuck_is_said_after_a_while(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0)))
    assert host.found() == {}
    host.now += watch.QUERY_SECONDS + watch.SILENT_SECONDS + 1
    assert host.watch.found()["problems"] == [watch.NO_ANSWER]


def test_garbage_and_a_failure_are_said(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(rc=9, said="NVIDIA-SMI has failed because\nit couldn't communicate"))
    assert host.found()["problems"] == [
        "nvidia-smi lists no GPU; it says: NVIDIA-SMI has failed because it couldn't communicate"
    ]


def test_the_use_of_gpus_is_that_of_the_last_answer(tmp_path: Path) -> None:
    host = Host(tmp_path, answer(row(0), row(1)))
    assert host.watch.usage_texts() == ("", "")
    host.found()
    assert host.watch.usage_texts() == ("GPU-0, 4711, 100\n", "GPU-0, 97\nGPU-1, 97")


def test_an_older_driver_is_asked_by_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(argv: tuple[str, ...], seconds: float) -> Ended:
        asked.append(argv[1])
        is_new = "clocks_event_reasons" in argv[1]
        said = 'Field "clocks_event_reasons.active" is not a valid field to query.' if is_new else row(0, THERMAL)
        return Ended(2 if is_new else 0, said, "")

    monkeypatch.setattr(watch, "run_command", run)
    questions = Questions()
    for _count in range(2):
        found = questions.ask()
        assert found and found.readings[0]["slowdowns"] == ["hw_slowdown", "hw_thermal_slowdown"]
    assert [("event" in one, "apps" in one) for one in asked] == [
        (True, False),
        (False, False),
        (False, True),
        (False, False),
        (False, True),
    ]


def test_a_late_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Ended(TOO_LATE, "", "nvidia-smi took longer than 20 s", has_run=False)
    monkeypatch.setattr(watch, "run_command", lambda argv, seconds: late)
    assert Questions().ask() is None


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode(errors="replace")))
def test_whatever_nvidia_smi_prints(text: str) -> None:
    parse_readings(text)
    parse_readings(f"0, {text}, {text}, {text}, 1, {text}")


def request(driver: str, devices: list[str] | None, count: int = 0) -> dict[str, Any]:
    return {"Driver": driver, "Count": count, "DeviceIDs": devices, "Capabilities": [["gpu"]]}


@pytest.mark.parametrize(
    ("requests", "claimed"),
    [
        ([request("cdi", ["nvidia.com/gpu=all"])], ["all"]),
        ([request("cdi", ["nvidia.com/gpu=0", "nvidia.com/gpu=GPU-1", "vendor.com/nic=2"])], ["0", "GPU-1"]),
        ([request("nvidia", ["2", "3"])], ["2", "3"]),
        ([request("", None, -1)], ["all"]),
        ([{"Driver": "", "DeviceIDs": ["x"], "Capabilities": [["net"]]}], []),
        (None, []),
    ],
)
def test_the_gpus_of_a_container(requests: Any, claimed: list[str]) -> None:
    assert claimed_gpus({"HostConfig": {"DeviceRequests": requests}}) == claimed


def test_a_mig_device_by_its_uuid_may_be_a_part_of_any_gpu() -> None:
    assert is_claimed({"index": 3, "uuid": "GPU-3"}, ["MIG-1234"])


def test_a_host_without_nvidia_smi_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.shutil, "which", lambda name, path: None)
    assert not watch.has_gpus()


def test_the_log_is_read_once_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "kmsg"
    path.write_text(record(79) * 5)
    messages = KernelMessages("NVRM: Xid", str(path))
    assert len(messages.read() or []) == 5 and messages.read() == []
    descriptor = messages._descriptor
    assert descriptor is not None and os.lseek(descriptor, 0, os.SEEK_CUR) == path.stat().st_size
    messages.close()


def test_a_container_that_may_not_open_its_gpus_is_named_since_when(tmp_path: Path) -> None:
    host = Host(tmp_path, *(answer(row(0)) for _query in range(4)))
    denied: list[int] = []
    host.watch._is_denied = lambda pid: pid in denied
    assert host.found() == {}
    host.watch.container = 7
    denied.append(7)
    since = host.found()["denied"]
    assert since == host.found()["denied"] > time.time() - 60
    denied.clear()
    assert host.found() == {}
