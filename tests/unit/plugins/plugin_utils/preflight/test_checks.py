# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.findings.table import error_summary, finding_lines
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.checks import host_findings
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.report import HostReport, PreflightSettings
from ansible_collections.distrain.cluster.tests.unit.support.fabric_hosts import interface
from ansible_collections.distrain.cluster.tests.unit.support.gpu_facts import facts_of
from ansible_collections.distrain.cluster.tests.unit.support.preflight_reports import preflight_findings

WANTED = PreflightSettings(managers=("a",), network_subnet="10.77.0.0/16", minimum_disk_bytes=10_000_000_000)
MEMBER = {"local_node_state": "active", "is_manager": False, "remote_managers": [], "node_ids": []}
MANAGER = {**MEMBER, "is_manager": True, "node_id": "1", "node_ids": ["1", "2"]}
OUTSIDE = {**MEMBER, "local_node_state": "inactive", "node_id": None}


def facts(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "hostname": name,
        "machine_id": f"machine-{name}",
        "distribution": {"id": "debian", "version": "13", "codename": "trixie", "name": "Debian 13"},
        "interfaces": [interface("eth0", f"192.0.2.{ord(name[0])}")],
        "routes": [
            {"destination": "0.0.0.0/0", "interface": "eth0", "gateway": "192.0.2.254"},
            {"destination": "172.17.0.0/16", "interface": "docker0", "gateway": ""},
        ],
        "disks": [{"path": "/var/lib/docker", "free_bytes": 20_000_000_000}],
        "gpus": [{"pci_address": "0000:01:00.0"}],
        "engine": {"version": None, "live_restore": None, "swarm": None},
        **changes,
    }


def report(name: str, **changes: Any) -> HostReport:
    return HostReport(name, f"{name}.example.org", facts=facts(name, **changes))


def engine(version: str | None = "26.1.5", **changes: Any) -> dict[str, Any]:
    return {"version": version, "live_restore": False, "swarm": OUTSIDE, **changes}


def found(reports: list[HostReport], wanted: PreflightSettings = WANTED) -> list[tuple[str, str, str]]:
    return [(one.severity, one.host, one.subject) for one in host_findings(reports, wanted)]


@pytest.mark.parametrize("subnet", ["10.77.0.0/16", ""])
def test_nothing_stands_in_the_way(subnet: str) -> None:
    assert found([report("a"), report("b")], replace(WANTED, network_subnet=subnet)) == []


BOOKWORM = {"id": "debian", "version": "12", "codename": "bookworm", "name": "Debian 12"}
SID = {"id": "debian", "version": "", "codename": "forky", "name": "Debian forky"}
FEDORA = {"id": "fedora", "version": "43", "codename": "", "name": "Fedora 43"}


@pytest.mark.parametrize(
    ("changes", "severity", "subject"),
    [
        ({"engine": engine("20.10.24")}, "error", "docker_source"),
        ({"distribution": BOOKWORM}, "error", "docker_source"),
        ({"distribution": SID}, "warning", "distribution"),
        ({"distribution": FEDORA}, "error", "distribution"),
        ({"engine": engine(live_restore=True)}, "error", "live-restore"),
        ({"engine": engine(firewall_backend="nftables")}, "error", "firewall-backend"),
        ({"disks": [{"path": "/var/lib/docker", "free_bytes": 1}]}, "error", "preflight_minimum_disk_bytes"),
        ({"routes": [{"destination": "10.0.0.0/8", "interface": "tun0"}]}, "error", "swarm_network_subnet"),
        ({"routes": [{"destination": "10.77.3.0/24", "interface": "eth1"}]}, "error", "swarm_network_subnet"),
        ({"interfaces": [interface("eth1", "10.77.3.4", 32)]}, "error", "swarm_network_subnet"),
        ({"interfaces": [interface("eth7", "192.0.2.97")]}, "error", "address"),
        ({"gpus": []}, "warning", "nvidia_toolkit"),
        ({"hostname": "a"}, "error", "hostname"),
        ({"machine_id": "machine-a"}, "error", "/etc/machine-id"),
    ],
)
def test_one_thing_wrong_on_one_host(changes: dict[str, Any], severity: str, subject: str) -> None:
    assert found([report("a"), report("b", **changes)]) == [(severity, "b", subject)]


DAEMON = "/etc/docker/daemon.json"
SILENT = {"version": None, "installed": True, "error": "Connection refused", "swarm": None}
UNREADABLE = {"path": DAEMON, "problem": "it is not JSON: Expecting value at line 3, column 5"}


@pytest.mark.parametrize(
    ("silent", "expected", "words"),
    [
        (SILENT, ["docker.service"], "Start the engine: systemctl start docker."),
        (
            {**SILENT, "unit_state": "failed", "journal": "unable to configure the Docker daemon"},
            ["docker.service"],
            "is failed): Connection refused; its journal says: unable to configure the Docker daemon",
        ),
        ({**SILENT, "configuration": UNREADABLE}, [DAEMON, "docker.service"], "at line 3, column 5"),
        ({**engine(), "installed": True, "configuration": UNREADABLE}, [DAEMON], "at line 3, column 5"),
        ({**SILENT, "installed": False, "configuration": UNREADABLE}, [DAEMON], "dockerd --validate approves"),
    ],
)
def test_an_engine_that_does_not_answer(silent: dict[str, Any], expected: list[str], words: str) -> None:
    findings = host_findings([report("a"), report("b", engine=silent)], WANTED)
    assert [(one.severity, one.host, one.subject) for one in findings] == [("error", "b", one) for one in expected]
    assert words in " ".join(f"{one.found} {one.remedy}" for one in findings)


@pytest.mark.parametrize(
    ("plugins", "words"),
    [
        (["buildx", "compose"], ""),
        (["buildx"], "without the compose plugin"),
        ([], "the buildx and the compose plugin"),
    ],
)
def test_an_engine_without_plugins_of_the_docker_command(plugins: list[str], words: str) -> None:
    findings = host_findings([report("a", engine={**engine(), "installed": True, "cli_plugins": plugins})], WANTED)
    assert [one.severity for one in findings] == (["warning"] if words else [])
    assert not words or words in findings[0].found


def disk(of: str, path: str, free: float, total: float = 100) -> dict[str, Any]:
    return {"of": of, "path": path, "source": "x", "free_bytes": int(free * 1e9), "total_bytes": int(total * 1e9)}


IN_CONTAINERD = {**engine(), "installed": True, "containerd_image_store": True}
CLASSIC = {**engine(), "installed": True, "containerd_image_store": False}
ABSENT = {"version": None, "installed": False, "swarm": None}
LARGE_DATA = [disk("engine", "/data/docker", 900), disk("containerd", "/var/lib/containerd", 6)]
SMALL = [disk("engine", "/var/lib/docker", 6), disk("containerd", "/var/lib/containerd", 6)]
LARGE_CONTAINERD = [disk("engine", "/var/lib/docker", 6), disk("containerd", "/data/containerd", 900, 1000)]


@pytest.mark.parametrize(
    ("facts_of_disks", "of_engine", "changes", "expected"),
    [
        (LARGE_DATA, CLASSIC, {}, []),
        (LARGE_DATA, ABSENT, {}, []),
        (LARGE_DATA, IN_CONTAINERD, {}, [("error", "/var/lib/containerd")]),
        (LARGE_DATA, IN_CONTAINERD, {"wants_containerd": False}, []),
        (LARGE_DATA, CLASSIC, {"wants_containerd": True}, [("error", "/var/lib/containerd")]),
        (LARGE_DATA, ABSENT, {"docker_source": "docker"}, [("error", "/var/lib/containerd")]),
        (LARGE_DATA, ABSENT, {"docker_source": "docker", "docker_ce_version": "5:28.*"}, []),
        (SMALL, CLASSIC, {}, [("error", "/var/lib/docker")]),
        (SMALL, IN_CONTAINERD, {}, [("error", "/var/lib/containerd")]),
        (LARGE_CONTAINERD, IN_CONTAINERD, {}, [("warning", "/var/lib/docker")]),
        (LARGE_CONTAINERD, CLASSIC, {}, [("error", "/var/lib/docker")]),
    ],
)
def test_the_disk_that_will_hold_the_images_is_judged(
    facts_of_disks: list[dict[str, Any]],
    of_engine: dict[str, Any],
    changes: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    one = replace(report("a", disks=[], engine_disks=facts_of_disks, engine=of_engine), **changes)
    findings = host_findings([one], WANTED)
    assert [(each.severity, each.found.split(" (")[0].rpartition(" ")[2]) for each in findings] == expected


def test_a_path_set_by_hand_is_judged_alone() -> None:
    by_hand = [{"path": "/srv/images", "free_bytes": 900_000_000_000}]
    assert found([report("a", disks=by_hand, engine_disks=SMALL)]) == []


def test_sick_gpus_are_named_unless_the_host_is_to_have_none() -> None:
    healthy, sick = facts_of("h200"), facts_of("h200", planted={"remapped_rows/remapped_row_pending": "Yes"})
    reports = [report("a", gpu=healthy), report("b", gpu=sick)]
    assert found(reports) == [("error", "b", "gpu")]
    assert found([reports[0], replace(reports[1], gpu_present="absent")]) == []
    assert found([report("a", gpu=None)]) == []
    assert found(reports, replace(WANTED, gpu_health="warn")) == [("warning", "b", "gpu")]
    assert found(reports, replace(WANTED, gpu_health="ignore")) == []


@pytest.mark.parametrize("changes", [{"distribution": BOOKWORM}, {"engine": engine("20.10.24")}])
def test_an_old_engine_is_replaced_by_dockers_own(changes: dict[str, Any]) -> None:
    assert found([replace(report("a", **changes), docker_source="docker")]) == []


def test_an_ipv6_route_does_not_overlap() -> None:
    assert found([report("a", routes=[{"destination": "fd00::/8", "interface": "eth0"}])]) == []


@pytest.mark.parametrize(
    ("managers", "expected"),
    [
        ((), [("error", "all", "managers")]),
        (("a", "b"), [("warning", "all", "managers")]),
        (("a", "b", "c"), []),
    ],
)
def test_the_number_of_managers(managers: tuple[str, ...], expected: list[tuple[str, str, str]]) -> None:
    assert found([report("a"), report("b"), report("c")], replace(WANTED, managers=managers)) == expected


def test_a_bad_subnet_is_reported_once() -> None:
    reports = [report("a"), report("b")]
    assert found(reports, replace(WANTED, network_subnet="10.77.0.0/8")) == [("error", "all", "swarm_network_subnet")]


def test_two_names_for_one_host_are_one_finding() -> None:
    twin = replace(report("a"), name="b")
    assert found([report("a"), twin]) == [("error", "b", "ansible_host")]


def test_one_address_with_two_ports_is_two_hosts() -> None:
    first, second = (replace(report(name), address="127.0.0.1", port=port) for name, port in (("a", 1), ("b", 2)))
    assert found([first, second]) == []


@pytest.mark.parametrize(
    ("address", "expected"), [("192.0.2.9", [("error", "b", "swarm_advertise_addr")]), ("eth1", []), ("", [])]
)
def test_two_hosts_with_one_swarm_address(address: str, expected: list[tuple[str, str, str]]) -> None:
    reports = [replace(report(name), swarm_address=address) for name in ("a", "b")]
    assert found(reports) == expected


def test_unreachable_hosts_are_distinguished() -> None:
    gone = HostReport("b", "192.0.2.2", facts=None, unreachable=True, reason="Connection refused")
    broken = HostReport("c", "192.0.2.3", facts=None, reason="sudo: a password is required")
    findings = host_findings([report("a", disks=[{"path": "/", "free_bytes": 1}]), gone, broken], WANTED)
    assert [(one.host, one.found) for one in findings] == [
        ("b", "not reached at 192.0.2.2 port 22: Connection refused"),
        ("c", "reached at 192.0.2.3, but could not be observed: sudo: a password is required"),
        ("a", "0.0 GB free below /, 10.0 GB needed"),
    ]


@pytest.mark.parametrize(
    ("manager", "other", "expected"),
    [
        (OUTSIDE, OUTSIDE, []),
        (MANAGER, OUTSIDE, []),
        (MANAGER, None, []),
        (MANAGER, {**MEMBER, "node_id": "2"}, []),
        (MANAGER, {**MEMBER, "local_node_state": "pending", "node_id": None}, []),
        ({**MANAGER, "node_ids": []}, {**MEMBER, "node_id": "2"}, []),
        (MANAGER, {**MEMBER, "node_id": "9"}, ["b"]),
        (MANAGER, {**MEMBER, "local_node_state": "error", "node_id": "9"}, ["b"]),
        (MANAGER, {**MEMBER, "local_node_state": "locked", "node_id": None}, ["b"]),
        (OUTSIDE, {**MEMBER, "node_id": "9"}, ["b"]),
        (None, {**MEMBER, "node_id": "9"}, ["b"]),
        ({**MEMBER, "node_id": "9"}, {**MEMBER, "node_id": "2"}, ["a"]),
    ],
)
def test_members_of_another_swarm(manager: Any, other: Any, expected: list[str]) -> None:
    reports = [report("a", engine=engine(swarm=manager)), report("b", engine=engine(swarm=other))]
    assert found(reports) == [("error", name, "swarm_leave_foreign") for name in expected]
    leaving = [replace(one, leave_foreign=True) for one in reports]
    assert found(leaving) == [("note", name, "swarm_leave_foreign") for name in expected]


def test_membership_is_not_judged_while_the_first_manager_is_gone() -> None:
    gone = HostReport("a", "192.0.2.2", unreachable=True, reason="timed out")
    other = report("b", engine=engine(swarm={**MEMBER, "node_id": "9"}))
    assert found([gone, other]) == [("error", "a", "ansible_host")]


def test_reports_are_made_of_host_variables() -> None:
    hostvars = {
        "a": {"fabric_observed": facts("a"), "ansible_host": "192.0.2.1"},
        "b": {"fabric_observed": {"unreachable": True, "msg": "Task failed: refused"}, "ansible_port": "2222"},
    }
    findings = preflight_findings(hostvars, managers=["a"], network_subnet="10.77.0.0/16")
    assert [one["found"] for one in findings] == ["not reached at b port 2222: refused"]


def test_the_table_lines_up_and_the_summary_counts() -> None:
    findings = [
        {"severity": "error", "host": "a", "subject": "managers", "found": "none", "remedy": "add"},
        {"severity": "note", "host": "long", "subject": "x", "found": "some", "remedy": "rest"},
    ]
    first, remedy, second, _rest = finding_lines(findings)
    assert first.index("none") == second.index("some") == remedy.index("add")
    said = "1 error stands in the way, and nothing was changed on any host. a: none (managers). add"
    assert error_summary(findings) == said
    assert error_summary(findings[1:]) == ""
    assert finding_lines([]) == []


def test_the_table_says_the_same_of_several_hosts_once() -> None:
    one = {"severity": "note", "subject": "x", "found": "no GPU", "remedy": "rest"}
    lines = finding_lines([{**one, "host": f"gpu-{number}"} for number in range(1, 5)])
    assert lines == ["note  gpu-1…4  x  no GPU", "                  rest"]
