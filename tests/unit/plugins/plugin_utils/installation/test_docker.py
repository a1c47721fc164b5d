# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each host needs to have Docker, and what is refused before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation import docker
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import Host

REQUIREMENTS = "docker==7.2.0 --hash=sha256:ab\n"
DEBIAN = {"docker.io": "26.1", "docker-cli": "26.1", "docker-buildx": "0.13", "docker-compose": "2.26"}
COMMON = {"ca-certificates": "1", "iptables": "1", "python3-venv": "3"}
ARGUMENTS = {
    "source": "distribution",
    "package_versions": {},
    "daemon_options": {},
    "repository_key_fingerprint": "AB",
    "restart_under_jobs": False,
    "wheels_directory": "/wheels",
    "python": "/opt/distrain/venv/bin/python",
    "venv": "/opt/distrain/venv",
}
CONFIGURED: dict[str, Any] = {
    **{"steps": [], "needs_restart": False, "running_work": [], "problem": ""},
    **{"options": {}, "flags": ["hosts"]},
}
PACKAGED = {"program": "/usr/sbin/dockerd", "package": "docker.io", "replacements": [], "held": []}
CONVERGED = {
    "distribution": {"id": "debian", "name": "Debian 13"},
    "packages": {**DEBIAN, **COMMON, "python3-apt": "3"},
    "candidates": {},
    "replaced": [],
    "source": None,
    "cli_plugins": ["buildx", "compose"],
    "engine": {"installed": True, "version": "26.1.5", "error": None},
    "provenance": PACKAGED,
    "is_enabled": True,
    "configuration": CONFIGURED,
    "python": {"exists": True, "packages": ["docker==7.2.0"]},
}
BARE = {
    **CONVERGED,
    "packages": {},
    "cli_plugins": [],
    "engine": {"installed": False, "version": None, "error": "no socket"},
    "provenance": {**PACKAGED, "program": "", "package": ""},
    "is_enabled": False,
    "python": {"exists": False, "packages": []},
}
RESTARTS = {**CONFIGURED, "steps": ["configure"], "needs_restart": True}
BUSY = {**CONFIGURED, "running_work": ["the job sft (processes: 9)"]}
CE = {"docker-ce": "5:28.5", "docker-ce-cli": "5:28.5", **COMMON}


def host(observed: dict[str, Any], name: str = "gpu-01", **arguments: Any) -> Host:
    return Host(name, {**ARGUMENTS, **arguments}, observed)


def decided(*hosts: Host, stage: str = "start", check_mode: bool = False, **requirements: str) -> dict[str, Any]:
    texts = {one.name: requirements.get(one.name.replace("-", "_"), REQUIREMENTS) for one in hosts}
    return docker.decide(hosts, texts, stage, check_mode)


@pytest.mark.parametrize(
    ("observed", "arguments", "needs"),
    [
        (CONVERGED, {}, []),
        (BARE, {}, ["packages", "sdk", "start"]),
        ({**BARE, "source": {"is_current": False, "key": "", "problem": ""}}, {"source": "docker"}, ["repository"]),
        ({**CONVERGED, "packages": DEBIAN}, {}, ["packages"]),
        (CONVERGED, {"package_versions": {"docker.io": "27*"}}, ["packages"]),
        ({**CONVERGED, "configuration": RESTARTS}, {}, ["configuration"]),
        ({**CONVERGED, "is_enabled": False}, {}, ["start"]),
        ({**CONVERGED, "python": {"exists": True, "packages": ["docker==7.1.0"]}}, {}, ["sdk"]),
    ],
)
def test_the_needs_of_a_host(observed: dict, arguments: dict, needs: list[str]) -> None:
    found = decided(host(observed, **arguments))["hosts"]["gpu-01"]["needs"]
    assert found[: len(needs)] == needs
    assert bool(found) == bool(needs)


def test_with_a_bundle_no_repository_is_added_and_the_wheels_are_its_own() -> None:
    lacks = {**BARE, "source": {"is_current": False, "key": "", "problem": ""}}
    bare = host(lacks, source="docker")
    found = docker.decide([bare], {"gpu-01": REQUIREMENTS}, "start", False, "/bundle/sdk-wheels")["hosts"]["gpu-01"]
    assert "repository" not in found["needs"]
    assert found["wheels_path"].startswith("/bundle/sdk-wheels/")


def test_the_first_engine_to_restart_is_that_of_the_first_host_that_needs_it() -> None:
    changed = {**CONVERGED, "configuration": RESTARTS}
    decision = decided(host(CONVERGED, "gpu-01"), host(changed, "gpu-02"), host(changed, "gpu-03"))
    assert decision["first_to_restart"] == "gpu-02"
    assert decided(host(CONVERGED))["first_to_restart"] == ""


def test_the_cluster_is_ready_once_all_hosts_are() -> None:
    assert decided(host(CONVERGED))["is_ready"]
    assert not decided(host(CONVERGED, "gpu-01"), host(BARE, "gpu-02"))["is_ready"]


@pytest.mark.parametrize(
    ("observed", "arguments", "stage", "words"),
    [
        ({**BARE, "distribution": {"id": "fedora", "name": "Fedora 43"}}, {}, "start", "This host runs Fedora 43"),
        ({**BARE, "configuration": {**CONFIGURED, "problem": "no JSON"}}, {}, "start", "no JSON"),
        ({**BARE, "source": {"is_current": False, "key": "", "problem": "line 3"}}, {}, "start", "line 3"),
        ({**BARE, "packages": {"docker.io": "20.10"}}, {}, "start", "docker.io 20.10 is installed on this host"),
        ({**BARE, "packages": {"docker-ce": "5:24.0"}}, {"source": "docker"}, "start", "'docker-ce': '5:28.*'"),
        (
            {**CONVERGED, "packages": {**CONVERGED["packages"], "docker.io": "26"}, "engine": {"version": "20.10"}},
            {},
            "start",
            "This host runs Docker Engine 20.10",
        ),
        (BARE, {}, "packages", "no package docker.io"),
        ({**BARE, "candidates": {"docker.io": "20.10"}}, {}, "packages", "Debian 13 has docker.io 20.10"),
        ({**BARE, "packages": CE}, {}, "packages", "without docker-buildx-plugin"),
        (
            {**CONVERGED, "configuration": BUSY, "replaced": ["containerd.io"]},
            {},
            "packages",
            "apt would replace containerd.io",
        ),
        (BARE, {}, "end", "No engine answers on this host: no socket"),
        (BARE, {}, "end", "/opt/distrain/venv/bin/python (docker_python) is not there"),
    ],
)
def test_what_is_refused(observed: dict, arguments: dict, stage: str, words: str) -> None:
    with pytest.raises(PlanError) as refused:
        decided(host(observed, **arguments), stage=stage)
    assert words in refused.value.message
    assert refused.value.message.startswith("gpu-01: ")


def test_one_error_names_all_hosts_that_have_a_problem() -> None:
    wanted = {"configuration": {**CONFIGURED, "options": {"live-restore": True}}}
    with pytest.raises(
        PlanError, match=r"^gpu-01, gpu-02: The engine's configuration has the option live-restore[^\n]*$"
    ):
        decided(host({**CONVERGED, **wanted}, "gpu-01"), host({**BARE, **wanted}, "gpu-02"))


def test_a_permitted_restart_is_not_refused() -> None:
    busy = {**CONVERGED, "configuration": BUSY, "replaced": ["containerd.io"]}
    assert decided(host(busy, restart_under_jobs=True), stage="packages")


def test_check_mode_installs_only_what_apt_can_preview() -> None:
    def can_install(observed: dict[str, Any]) -> bool:
        return decided(host(observed), stage="packages", check_mode=True)["hosts"]["gpu-01"]["can_install"]

    known = dict.fromkeys((*DEBIAN, *COMMON), "26.1")
    assert not can_install(BARE)
    assert not can_install({**BARE, "candidates": known})
    assert can_install({**BARE, "candidates": known, "packages": {"python3-apt": "3"}})


def test_hosts_with_other_wheels_are_refused() -> None:
    with pytest.raises(PlanError, match="docker_requirements_file and docker_wheels_directory must be the same"):
        decided(host(BARE, "gpu-01"), host(BARE, "gpu-02"), gpu_02="docker==7.3.0 --hash=sha256:cd")


def test_a_kept_engine_is_noted() -> None:
    assert list(docker.notes([host(CONVERGED)])) == []
    (note,) = docker.notes([host({**CONVERGED, "packages": CE})])
    assert note.startswith("gpu-01: docker-ce 5:28.5 is installed and kept")


def test_engines_that_are_replaced_are_upgraded_in_order() -> None:
    pinned = {"package_versions": {"docker.io": "28*"}}
    replaced = {**CONVERGED, "replaced": ["docker.io"], "candidates": {"docker.io": "28.0"}}
    bare = {**BARE, "candidates": {"docker.io": "28.0"}}
    hosts = [host(replaced, "gpu-02", **pinned), host(bare, "gpu-03"), host(replaced, **pinned)]
    assert decided(*hosts)["upgrade_order"] == []
    assert decided(*hosts, stage="packages")["upgrade_order"] == ["gpu-02", "gpu-01"]
    unknown = host({**replaced, "candidates": {}}, **pinned)
    assert decided(unknown, stage="packages", check_mode=True)["upgrade_order"] == []
