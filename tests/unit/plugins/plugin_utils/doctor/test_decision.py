# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the doctor finds: nothing in a cluster that is well, and each fault with its host and subject."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.decision import diagnose, fails
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.overlay import carriers
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.table import doctor_lines, refusal
from ansible_collections.distrain.cluster.tests.unit.support.doctor_hosts import (
    IMAGE,
    NETWORK,
    TOOLKIT,
    cluster,
    container,
    host,
    job,
    node,
)

ONE, TWO, THREE = "gpu-01", "gpu-02", "gpu-03"
NODES = "engine/membership/nodes"
KEEPALIVE = "engine/containers/distrain-keepalive"
TRAINER = f"engine/containers/llama-factory-{TWO}"
SILENT = {"engine": {"installed": True, "version": None, "error": "no answer"}}
OTHER_IMAGE = {"images": [{"names": [IMAGE], "identity": {"fingerprint": "sha256:def"}}], "absent": []}
TIGHT = {"path": "/srv", "free_bytes": 2e8, "total_bytes": 1e10, "free_inodes": 10, "total_inodes": 10}
NO_INODES = {"path": "/srv", "free_bytes": 8e10, "total_bytes": 1e11, "free_inodes": 10, "total_inodes": 10**6}
GPU_MODEL = {"model": "NVIDIA H200"}
SMI = {"rc": 127, "said": "\nnvidia-smi: not found"}
PROBLEM = {"cause": "mtu", "host": TWO, "found": "large packets are lost", "remedy": "Set it."}


def found_in(changes: dict[str, dict[str, Any]], **settings: Any) -> list[tuple[str, str, str]]:
    findings = diagnose(cluster(changes, **settings), ())["findings"]
    assert all(one["found"] and one["remedy"] for one in findings)
    return [(one["host"], one["severity"], one["subject"]) for one in findings]


def test_nothing_is_found_in_a_cluster_that_is_well() -> None:
    well = cluster()
    diagnosis = diagnose(well, ())
    assert diagnosis["findings"] == diagnosis["differences"] == []
    assert diagnosis["worst"] == ""
    assert carriers(well) == [ONE, TWO, THREE]
    assert doctor_lines(well, diagnosis)[-1] == "Nothing is wrong."


FAULTS = [
    pytest.param({TWO: {"engine": {"installed": False}}}, [(TWO, "error", "docker")], id="engine"),
    pytest.param({TWO: {"docker": {**host(TWO).docker, "is_enabled": False}}}, [(TWO, "warning", "docker.service")]),
    pytest.param(
        {TWO: {"docker": {**host(TWO).docker, "python": {"exists": False, "packages": []}}}},
        [(TWO, "error", "docker_python")],
        id="no Python of the modules",
    ),
    pytest.param(
        {TWO: {"docker": {**host(TWO).docker, "configuration": {"steps": ["configure"], "problem": ""}}}},
        [(TWO, "warning", "docker_daemon_options")],
        id="daemon.json is another",
    ),
    pytest.param(
        {TWO: {"docker": {**host(TWO).docker, "configuration": {"steps": [], "problem": "It cannot be."}}}},
        [(TWO, "warning", "docker_daemon_options")],
        id="daemon.json cannot be as it is wanted",
    ),
    pytest.param({TWO: {"toolkit": {**TOOLKIT, "is_installed": False}}}, [(TWO, "error", "nvidia_toolkit")]),
    pytest.param(
        {TWO: {"toolkit": {**TOOLKIT, "specification_is_current": False}}}, [(TWO, "error", "nvidia_toolkit")]
    ),
    pytest.param(
        {TWO: {"toolkit": {**TOOLKIT, "proof": {"wanted": "2", "found": "1"}}}}, [(TWO, "warning", "nvidia_toolkit")]
    ),
    pytest.param(
        {TWO: {"gpus": [], "gpu": {"gpus": [GPU_MODEL]}, "toolkit": {**TOOLKIT, "gpu_count": 0, "nvidia_smi": SMI}}},
        [(TWO, "error", "nvidia_toolkit_gpu_present")],
        id="a GPU is missing",
    ),
    pytest.param({TWO: {"engine/membership": {"state": "inactive"}}}, [(TWO, "error", "swarm")], id="in no swarm"),
    pytest.param({TWO: {"engine/membership/error": "no leader."}}, [(TWO, "error", "swarm")], id="swarm's error"),
    pytest.param({TWO: {"engine/membership/state": "pending"}}, [(TWO, "error", "swarm")], id="pending"),
    pytest.param({TWO: {"is_manager": True}}, [(TWO, "warning", "managers")], id="another role"),
    pytest.param(
        {ONE: {NODES: [node(ONE), node(TWO, availability="drain"), node(THREE)]}},
        [(TWO, "error", "swarm_availability")],
        id="drained",
    ),
    pytest.param(
        {ONE: {NODES: [node(ONE), node(TWO, state="down"), node(THREE)]}}, [(TWO, "error", "node")], id="down"
    ),
    pytest.param(
        {ONE: {NODES: [node(ONE), node(TWO), node(THREE), node(TWO, id="old", state="down")]}},
        [(ONE, "warning", "stale node")],
        id="left behind",
    ),
    pytest.param(
        {ONE: {NODES: [node(ONE), node(TWO), node(THREE), node("gpu-09")]}}, [(ONE, "warning", "node")], id="stranger"
    ),
    pytest.param({ONE: {"engine/overlay_networks": []}}, [("all", "error", "overlay")], id="no network"),
    pytest.param(
        {ONE: {"engine/overlay_networks": [{**NETWORK, "encrypted": True}]}},
        [("all", "warning", "swarm_network_encrypted")],
        id="encrypted",
    ),
    pytest.param({ONE: {"engine/overlay_networks": [{**NETWORK, "attachable": False}]}}, [("all", "error", "overlay")]),
    pytest.param({TWO: {f"{KEEPALIVE}/status": "exited"}}, [(TWO, "error", "keepalive")], id="keepalive is dead"),
    pytest.param({TWO: {f"{KEEPALIVE}/networks": {}}}, [(TWO, "error", "keepalive")], id="keepalive is elsewhere"),
    pytest.param(
        {TWO: {"services/distrain-heal.service/is_active": False}}, [(TWO, "warning", "swarm_heal")], id="no healing"
    ),
    pytest.param({TWO: {"images": {"images": [], "absent": [IMAGE]}}}, [(TWO, "error", "image")], id="no image"),
    pytest.param({TWO: {"images": OTHER_IMAGE}}, [(TWO, "error", "image")], id="another image"),
    pytest.param({TWO: {f"{TRAINER}/image_id": "sha256:0"}}, [(TWO, "warning", "image")], id="older image"),
    pytest.param({TWO: {f"{TRAINER}/status": "exited"}}, [(TWO, "error", "trainer")], id="trainer is dead"),
    pytest.param(
        {TWO: {"engine/containers/old": container("old", labels={"io.distrain.trainer": "old"})}},
        [(TWO, "warning", "leftover")],
        id="another trainer",
    ),
    pytest.param({TWO: {"jobs": {"jobs": [job(TWO, state="lost")]}}}, [(TWO, "error", "job")], id="lost"),
    pytest.param(
        {TWO: {"jobs": {"jobs": [job(TWO, state="failed", exit_code=1)]}}}, [(TWO, "warning", "job")], id="failed"
    ),
    pytest.param({TWO: {"jobs": {"jobs": [job(TWO, silent_seconds=4000.0)]}}}, [(TWO, "warning", "job")], id="silent"),
    pytest.param(
        {TWO: {"jobs": {"jobs": [job(TWO), job(TWO, name="other")]}}}, [(TWO, "warning", "job")], id="two jobs at once"
    ),
    pytest.param({TWO: {"file_systems": [TIGHT]}}, [(TWO, "warning", "disk")], id="nearly full"),
    pytest.param({TWO: {"file_systems": [{**TIGHT, "free_bytes": 0}]}}, [(TWO, "error", "disk")], id="full"),
    pytest.param({TWO: {"file_systems": [NO_INODES]}}, [(TWO, "warning", "disk")], id="no inodes"),
    pytest.param({TWO: {"host_names": {ONE: ["203.0.113.9"]}}}, [(TWO, "warning", "/etc/hosts")], id="/etc/hosts"),
    pytest.param({TWO: {"host_names": {TWO: ["203.0.113.9"]}}}, [(TWO, "warning", "/etc/hosts")], id="its own name"),
    pytest.param({TWO: {"docker": {"msg": "No."}}}, [(TWO, "warning", "docker")], id="a module that failed"),
]


@pytest.mark.parametrize(("changes", "expected"), FAULTS)
def test_a_fault_is_one_finding(changes: dict[str, dict[str, Any]], expected: list[tuple[str, str, str]]) -> None:
    assert found_in(changes) == expected


def test_what_follows_from_a_silent_engine_is_not_told_again() -> None:
    """Preflight names the engine; its node, its containers and its image follow from it."""
    down = [node(ONE), node(TWO, state="down"), node(THREE)]
    changes = {ONE: {NODES: down}, TWO: {**SILENT, "images": {"msg": "No engine."}, "docker": {}}}
    assert found_in(changes) == [(TWO, "warning", "images")]
    assert found_in({**changes, TWO: {**SILENT, "images": {}}}) == []


def test_of_a_silent_host_with_two_nodes_one_is_left_behind() -> None:
    nodes = [node(ONE), node(TWO, state="down"), node(THREE), node(TWO, id="old", state="down")]
    assert found_in({ONE: {NODES: nodes}, TWO: SILENT}) == [(ONE, "warning", "stale node")]


def test_nothing_is_said_of_a_host_that_was_not_reached_and_the_others_are_judged() -> None:
    gone = {"facts": None, "docker": {}, "toolkit": {}, "images": {}, "jobs": {}}
    nodes = [node(ONE), node(TWO, state="down"), node(THREE, availability="drain")]
    found = found_in({ONE: {NODES: nodes}, TWO: gone})
    assert found == [(THREE, "error", "swarm_availability")]


def test_an_interface_below_the_overlay_is_too_narrow_and_named_once() -> None:
    narrow = [{"name": "eth0", "mtu": 1300, "addresses": [{"address": "192.0.2.2", "prefix": 24}]}]
    changes = {TWO: {"interfaces": narrow}}
    assert found_in(changes, verdict={"problems": [PROBLEM]}) == [(TWO, "error", "MTU")]
    assert found_in({}, verdict={"problems": [PROBLEM]}) == [(TWO, "error", "overlay")]


def test_a_swarm_and_an_image_that_are_nowhere_are_one_finding() -> None:
    out = {"engine/membership": {"state": "inactive"}}
    assert found_in({ONE: out, TWO: out, THREE: out}) == [("all", "error", "swarm")]
    nothing = {"images": {"images": [], "absent": [IMAGE]}}
    assert found_in({ONE: nothing, TWO: nothing, THREE: nothing}) == [("all", "warning", "image")]


def test_a_part_that_could_not_be_looked_at_is_a_finding_and_the_rest_is_judged() -> None:
    changes = {TWO: {f"{TRAINER}/status": "exited"}}
    found = found_in(changes, problems={"overlay": "It broke."})
    assert found == [("all", "error", "overlay"), (TWO, "error", "trainer")]


def test_nodes_of_hosts_outside_the_limit_are_no_strangers() -> None:
    nodes = [node(ONE), node(TWO), node(THREE), node("gpu-04")]
    assert found_in({ONE: {NODES: nodes}}, others=["gpu-04"]) == []


@pytest.mark.parametrize(
    ("changes", "subject", "words"),
    [
        ({TWO: {"engine/version": "28.5.2"}}, "engine", "26.1.5 on gpu-01, gpu-03; 28.5.2 on gpu-02"),
        ({THREE: {"kernel": "6.1"}}, "kernel", "6.12.48 on gpu-01…02; 6.1 on gpu-03"),
        ({TWO: {"gpu_driver": "535"}}, "NVIDIA driver", "580.1 on gpu-01, gpu-03; 535 on gpu-02"),
        (
            {TWO: {"docker": {**host(TWO).docker, "packages": {"docker.io": "26.1.5"}}}},
            "package containerd",
            "1.7.24 on gpu-01, gpu-03; none on gpu-02",
        ),
        ({TWO: {"gpu": {"gpus": []}, "gpus": []}}, "GPUs", "1 x NVIDIA H200 on gpu-01, gpu-03; none on gpu-02"),
    ],
)
def test_a_difference_is_one_line(changes: dict[str, dict[str, Any]], subject: str, words: str) -> None:
    one = cluster(changes)
    diagnosis = diagnose(one, ())
    assert [difference["subject"] for difference in diagnosis["differences"]] == [subject]
    (line,) = [text for text in doctor_lines(one, diagnosis) if "differs" in text]
    assert line.endswith(words)


@pytest.mark.parametrize(
    ("worst", "fail_on", "expected"),
    [
        ("", "note", False),
        ("note", "note", True),
        ("note", "warning", False),
        ("warning", "error", False),
        ("warning", "warning", True),
        ("error", "error", True),
        ("error", "never", False),
    ],
)
def test_the_severity_decides_whether_it_fails(worst: str, fail_on: str, expected: bool) -> None:
    assert fails(worst, fail_on) is expected


def test_what_the_preflight_only_mentions_is_left_out() -> None:
    note = {"host": TWO, "severity": "note", "subject": "nvidia_toolkit", "found": "has no NVIDIA GPU"}
    only = {**note, "remedy": "Nothing to do where trainers are to run on the CPU."}
    kept = {**note, "remedy": "It will leave that swarm."}
    assert diagnose(cluster(), [only, kept])["findings"] == [kept]


def test_the_message_has_the_worst_with_its_remedy_and_where_the_rest_is() -> None:
    preflight = [{"host": "all", "severity": "note", "subject": "a", "found": "b", "remedy": "c"}]
    diagnosis = diagnose(cluster({TWO: {f"{TRAINER}/status": "exited"}}), preflight)
    message = refusal(diagnosis, "artifacts/doctor.json")
    assert message.startswith(
        "The doctor found 1 error, 1 note. gpu-02: its trainer llama-factory-gpu-02 is exited. See"
    )
    assert "artifacts/doctor.json has all of it." in message
