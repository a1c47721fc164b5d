# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs and results on their way to the controller: bounded, through no link, and whole or not there."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.distrain.cluster.plugins.module_utils.results import outputs as job_outputs
from ansible_collections.distrain.cluster.plugins.module_utils.results.outputs import Survey, read_pieces
from ansible_collections.distrain.cluster.plugins.modules import trainer_outputs_info
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.bundle import bundle
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.other_host import OtherHost
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import SshTarget
from ansible_collections.distrain.cluster.plugins.plugin_utils.results import by_module as outputs_by_module
from ansible_collections.distrain.cluster.plugins.plugin_utils.results import fetch as outputs_fetch
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.by_module import fetch_by_module
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.fetch import OutputsFetch
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.host import HostOutputs
from ansible_collections.distrain.cluster.plugins.plugin_utils.results.store import ResultsStore
from ansible_collections.distrain.cluster.tests.unit.support.fake_ssh import fake_ssh

LINES = b"".join(b"line %06d\n" % number for number in range(20_000))
MOST = 1000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What a host has, beside something that nobody may read."""
    (tmp_path / "outside/deep").mkdir(parents=True)
    (tmp_path / "outside/log").write_text("secret")
    (tmp_path / "outside/deep/weights").write_text("secret")
    root = tmp_path / "host"
    (root / "sft/checkpoint-5/inner").mkdir(parents=True)
    (root / "sft/log").write_bytes(LINES)
    (root / "sft/all_results.json").write_text("{}")
    (root / "sft/checkpoint-5/weights").write_bytes(os.urandom(2_500_000))
    (root / "sft/checkpoint-5/inner/state").write_text("5")
    return root


def wanted(root: Path, head: int = 0, tail: int = 0, gather: tuple[str, ...] = ("checkpoint-*",)) -> dict[str, Any]:
    place = {"root": str(root), "path": "sft"}
    return {
        "log": {"root": str(root), "path": "sft/log", "head": head, "tail": tail},
        "results": {**place, "patterns": ["*.json", "*.png"], "most": MOST},
        "gather": {**place, "patterns": list(gather)},
    }


def outputs_of(directory: Path, *hosts: str) -> dict[str, HostOutputs]:
    return {host: HostOutputs(ResultsStore(str(directory / host))) for host in hosts}


def fetch(
    tmp_path: Path, asked: Mapping[str, Any], *hosts: str, shown: list[str] | None = None
) -> dict[str, HostOutputs]:
    outputs = outputs_of(tmp_path / "results", *hosts)
    reaches = {host: SshTarget(host, "ssh", {"ssh_executable": fake_ssh(tmp_path)}) for host in hosts}
    OutputsFetch(outputs, (shown if shown is not None else []).append).run(reaches, asked)
    return outputs


class ModuleHost:
    """A host on which the module runs here; C(before) is called before each run."""

    name = "gpu-01"

    def __init__(self, before: Callable[[Mapping[str, Any]], None] = lambda arguments: None) -> None:
        self.before = before
        self.closed = False

    def run_module(self, _name: str, arguments: Mapping[str, Any], **_more: Any) -> dict[str, Any]:
        self.before(arguments)
        return trainer_outputs_info.observe({"wanted": None, "part": None, **arguments})

    def close(self) -> None:
        self.closed = True


def by_module(tmp_path: Path, asked: Mapping[str, Any], host: ModuleHost) -> HostOutputs:
    outputs = outputs_of(tmp_path / "results", "gpu-01")["gpu-01"]
    fetch_by_module(cast(OtherHost, host), asked, outputs)
    assert host.closed and outputs.is_done
    return outputs


@pytest.mark.parametrize("way", ["agent", "module"])
def test_all_that_is_wanted_comes_whole_and_a_second_time_changes_nothing(
    way: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs_by_module, "PART_BYTES", 1024**2)

    def once() -> HostOutputs:
        if way == "module":
            return by_module(tmp_path, wanted(root), ModuleHost())
        return fetch(tmp_path, wanted(root), "gpu-01")["gpu-01"]

    first, results = once(), tmp_path / "results/gpu-01"
    assert (first.error, first.refused, first.changed, first.gathered) == ("", [], True, 2)
    assert first.report()["files"] == ["log", "all_results.json"]
    for name in ("log", "all_results.json", "checkpoint-5/weights", "checkpoint-5/inner/state"):
        assert (results / name).read_bytes() == (root / "sft" / name).read_bytes()
        assert (results / name).stat().st_mtime_ns == (root / "sft" / name).stat().st_mtime_ns
    assert stat.S_IMODE((results / "log").stat().st_mode) == 0o600
    second = once()
    assert (second.error, second.changed, second.received_bytes) == ("", False, len(LINES)), "only the log came again"
    assert sorted(path.name for path in results.iterdir()) == ["all_results.json", "checkpoint-5", "log"]


def test_a_long_log_is_cut_between_lines_and_says_how_much_is_missing(root: Path, tmp_path: Path) -> None:
    outputs = fetch(tmp_path, wanted(root, 1000, 5000), "gpu-01")["gpu-01"]
    text = (tmp_path / "results/gpu-01/log").read_text()
    head, gap, tail = text.partition(f"\n[{outputs.log_left_out} bytes of this log were left out here; ")
    assert gap and len(head) + len(tail.partition("\n")[2]) + outputs.log_left_out == len(LINES)
    assert head.endswith("\n") and LINES.startswith(head.encode()) and 900 < len(head) <= 1000
    assert tail.startswith("trainer_launch_logs_bytes=0 fetches the whole log]\nline ")
    assert LINES.endswith(tail.partition("\n")[2].encode()) and 4900 < len(tail) < 5100
    assert outputs.report()["log_bytes"] == len(LINES)


@pytest.mark.parametrize(
    ("content", "head", "tail", "pieces"),
    [
        (b"", 1, 7, [[0, 0]]),
        (b"12345678", 1, 7, [[0, 8]]),
        (b"123456789", 0, 0, [[0, 9]]),
        (b"123456789", 2, 4, [[0, 2], [5, 4]]),
        (b"1\n3456\n89", 3, 4, [[0, 2], [7, 2]]),
        (b"12\n4567\n9\n", 3, 2, [[0, 3], [10, 0]]),
        (b"123456789", 0, 4, [[0, 0], [5, 4]]),
    ],
)
def test_where_a_log_is_cut(content: bytes, head: int, tail: int, pieces: list[list[int]], tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(content)
    found = Survey().run({"log": {"root": str(tmp_path), "path": "log", "head": head, "tail": tail}})
    assert found["files"][0]["pieces"] == pieces


def test_a_log_that_grows_ends_and_one_that_shrinks_too(root: Path) -> None:
    log = root / "sft/log"
    pieces = Survey().run(wanted(root))["files"][0]["pieces"]
    with log.open("ab") as stream:
        stream.write(b"more\n")
    assert b"".join(block for _piece, block in read_pieces(str(root), "sft/log", pieces)) == LINES
    log.write_bytes(LINES[:100])
    assert b"".join(block for _piece, block in read_pieces(str(root), "sft/log", pieces)) == LINES[:100]


def lay_link(path: Path, target: Path) -> None:
    path.rename(path.with_name("moved")) if path.exists() else None
    path.symlink_to(target)


@pytest.mark.parametrize("target", ["log", "deep/../log", "nowhere"])
def test_links_are_not_followed_wherever_they_are(target: str, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    lay_link(root / "sft/log", outside / target)
    lay_link(root / "sft/all_results.json", outside / target)
    lay_link(root / "sft/checkpoint-9", outside / "deep")
    lay_link(root / "sft/checkpoint-5/inner/state", outside / target)
    outputs = fetch(tmp_path, wanted(root), "gpu-01")["gpu-01"]
    names = {one["name"]: one["why"] for one in outputs.refused}
    assert set(names) == {"log", "all_results.json", "checkpoint-9", "checkpoint-5/inner/state"}
    assert all(why.startswith("it is a symbolic link") for why in names.values())
    assert not outputs.error
    written = {path.name for path in (tmp_path / "results").rglob("*") if path.is_file()}
    assert written == {"weights", "moved"}


def test_a_link_in_place_of_the_output_directory_is_not_followed(root: Path, tmp_path: Path) -> None:
    lay_link(root / "sft", tmp_path / "outside")
    outputs = fetch(tmp_path, wanted(root, gather=("deep",)), "gpu-01")["gpu-01"]
    assert {one["name"] for one in outputs.refused} == {"log", "sft"}
    assert not [path for path in (tmp_path / "results").rglob("*") if path.is_file()]


def test_only_regular_files_and_only_small_results_are_fetched(root: Path, tmp_path: Path) -> None:
    (root / "sft/log").unlink()
    os.mkfifo(root / "sft/log")
    os.mkfifo(root / "sft/pipe.json")
    (root / "sft/directory.json").mkdir()
    (root / "sft/.hidden.json").write_text("{}")
    (root / "sft/large.json").write_bytes(bytes(MOST + 1))
    (root / "sft/just.png").write_bytes(bytes(MOST))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "sft/checkpoint-5/socket"))
    outputs = fetch(tmp_path, wanted(root), "gpu-01")["gpu-01"]
    assert {one["name"]: one["why"] for one in outputs.refused} == {
        "log": "it is a symbolic link, or no regular file",
        "pipe.json": "it is no regular file",
        "large.json": f"it has {MOST + 1} bytes, and {MOST} is the most for a result",
        "checkpoint-5/socket": "it is no regular file",
    }
    assert sorted(outputs.written) == ["all_results.json", "just.png"]


def test_names_that_are_no_unicode_come_too_and_are_shown_printable(root: Path, tmp_path: Path) -> None:
    name = b"sft/checkpoint-5/\xff\x1b[31m"
    (root / os.fsdecode(name)).write_text("odd")
    (root / os.fsdecode(b"sft/\xfe.json")).symlink_to("/etc/shadow")
    outputs = fetch(tmp_path, wanted(root), "gpu-01")["gpu-01"]
    assert (tmp_path / "results/gpu-01" / os.fsdecode(name.removeprefix(b"sft/"))).read_text() == "odd"
    assert [one["name"] for one in outputs.report()["refused"]] == ["\\udcfe.json"]


def test_what_is_too_much_is_left_and_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_outputs, "MOST_RESULTS", 3)
    monkeypatch.setattr(job_outputs, "MOST_DEPTH", 3)
    monkeypatch.setattr(job_outputs, "MOST_REFUSED", 2)
    for number in range(9):
        (root / f"sft/{number}.json").write_text("{}")
    (root / "sft/checkpoint-5/inner/a/b/c").mkdir(parents=True)
    found = Survey().run(wanted(root))
    assert [file["name"] for file in found["files"]][:4] == ["log", "0.json", "1.json", "2.json"]
    assert len(found["refused"]) == 2 and found["refused_count"] == 7 + 1


def test_a_result_never_takes_the_place_of_the_log(root: Path) -> None:
    asked = wanted(root)
    asked["results"]["patterns"] = ["*"]
    found = Survey().run(asked)
    assert [file["kind"] for file in found["files"]].count("log") == 1
    assert found["refused"] == [{"name": "log", "why": "the log of the rank has this name"}]


def test_a_directory_with_too_many_names_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_outputs, "MOST_ENTRIES", 4)
    for number in range(9):
        (root / f"sft/checkpoint-5/{number}").write_text("")
    found = Survey().run(wanted(root))
    assert found["refused"][0]["name"] == "checkpoint-5" and len(found["files"]) < 9


@pytest.mark.parametrize(
    "event",
    [
        {"event": "data", "number": 99, "piece": 0, "data": "", "packed": False},
        {"event": "data", "number": 0, "piece": 0, "data": "no base64", "packed": True},
        {"event": "data", "number": 0, "piece": 0, "data": "bm90aGluZw==", "packed": True},
        {"event": "found", "found": []},
        {"event": "end"},
    ],
)
def test_what_makes_no_sense_gives_the_host_up(event: dict[str, Any], root: Path, tmp_path: Path) -> None:
    outputs = outputs_of(tmp_path / "results", "gpu-01")
    outputs["gpu-01"].take_survey(Survey().run(wanted(root)))
    fetching = OutputsFetch(outputs, print)
    fetching._events.put(("gpu-01", event))
    fetching._handle_next()
    assert outputs["gpu-01"].error.startswith("it sent what cannot be read")


def test_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    assert Survey().run(wanted(tmp_path / "absent")) == {
        "files": [],
        "directories": [],
        "refused": [],
        "refused_count": 0,
    }


def test_hosts_that_do_not_answer_are_named_and_the_others_go_on(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs_fetch, "SILENT_SECONDS", 1.5)
    outputs = fetch(tmp_path, wanted(root), "gpu-01", "unreachable", "noisy", "dies", "silent")
    assert {host: one.error for host, one in outputs.items()} == {
        "gpu-01": "",
        "noisy": "",
        "unreachable": "ssh: connect to host unreachable port 22: No route to host",
        "dies": "sudo: a password is required",
        "silent": "it did not answer for 2 s",
    }
    assert (tmp_path / "results/noisy/log").read_bytes() == LINES


def test_a_disk_that_is_full_gives_one_host_up_and_leaves_no_half_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ResultsStore.create

    def full(store: ResultsStore, name: str, mode: int) -> Any:
        made = create(store, name, mode)
        if store.directory.endswith("gpu-01"):

            def write(_data: bytes) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            made.write = write  # type: ignore[method-assign]
        return made

    monkeypatch.setattr(ResultsStore, "create", full)
    outputs = fetch(tmp_path, wanted(root), "gpu-01", "gpu-02")
    assert "log cannot be written in" in outputs["gpu-01"].error and "No space left" in outputs["gpu-01"].error
    assert not [path for path in (tmp_path / "results/gpu-01").rglob("*") if path.is_file()]
    assert (tmp_path / "results/gpu-02/log").read_bytes() == LINES


def test_a_module_that_fails_and_a_file_that_is_exchanged(root: Path, tmp_path: Path) -> None:
    def exchange(arguments: Mapping[str, Any]) -> None:
        if "part" in arguments and not (root / "sft/log").is_symlink():
            lay_link(root / "sft/log", tmp_path / "outside/log")

    outputs = by_module(tmp_path, wanted(root), ModuleHost(exchange))
    assert outputs.refused == [{"name": "log", "why": "it is a symbolic link, or no regular file"}]
    assert "log" not in outputs.written and "all_results.json" in outputs.written

    def fail(_arguments: Mapping[str, Any]) -> None:
        raise AnsibleActionFail("Host gpu-01 cannot be reached: no route")

    assert by_module(tmp_path, wanted(root), ModuleHost(fail)).error == "Host gpu-01 cannot be reached: no route"


@pytest.mark.parametrize("name", ["../log", "a/../../log", "/log", "", "a//b", ".", "a/\0"])
def test_a_host_cannot_name_what_is_outside_of_its_directory(name: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Leads out"):
        ResultsStore(str(tmp_path / "gpu-01")).create(name, 0o600)
    assert not list(tmp_path.rglob("log"))


def test_a_link_on_the_controller_is_replaced_and_never_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "log").write_text("mine")
    store = ResultsStore(str(tmp_path / "gpu-01"))
    store.make_directory("checkpoint-5")
    (tmp_path / "gpu-01/log").symlink_to(elsewhere / "log")
    (tmp_path / "gpu-01/checkpoint-9").symlink_to(elsewhere)
    made = store.create("log", 0o600)
    made.write(b"theirs")
    assert made.keep(5) is True
    assert not (tmp_path / "gpu-01/log").is_symlink() and (tmp_path / "gpu-01/log").read_text() == "theirs"
    with pytest.raises(OSError):
        store.create("checkpoint-9/log", 0o600)
    with pytest.raises(OSError):
        store.make_directory("checkpoint-9/inner")
    assert [path.name for path in elsewhere.iterdir()] == ["log"] and (elsewhere / "log").read_text() == "mine"
    store.create("log", 0o600).drop()
    assert sorted(path.name for path in (tmp_path / "gpu-01").iterdir()) == ["checkpoint-5", "checkpoint-9", "log"]


def test_what_a_killed_run_has_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    names = [f".{os.getpid()}.part", ".1.part", ".x.part", "7.part", ".-1.part", ".0.part"]
    for name in [*names, f".{ended.pid}.part", f".{10**30}.part"]:
        (tmp_path / name).write_text("")
    ResultsStore(str(tmp_path)).create("log", 0o600).drop()
    assert {path.name for path in tmp_path.iterdir()} == {*names} - {f".{os.getpid()}.part"}


def test_the_agent_needs_little() -> None:
    assert len(bundle("results.agent")) < 20_000


def test_progress_is_shown(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.distrain.cluster.plugins.module_utils.delivery.progress.LINE_SECONDS", 0.0)
    shown: list[str] = []
    fetch(tmp_path, wanted(root), "gpu-01", shown=shown)
    assert shown[0].startswith("gpu-01: 0 of 4 files, ") and "(100 %)" in shown[-1]
