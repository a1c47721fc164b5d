# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The trainers and what the job left behind, as a person on the hosts sees them."""

from __future__ import annotations

import json
import shlex
import stat
from typing import Any

import pytest

testinfra_hosts = ["ansible://gpu_hosts"]
TRAINER = "llama-factory"
DIRECTORY = f"/var/lib/distrain/trainers/{TRAINER}"
# The same is in converge.yml.
PASSWORD = "known-to-this-scenario"
STATUS = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], *(part.encode() for part in sys.argv[2:]), timeout=30).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def name_of(host: Any) -> str:
    return host.ansible.get_variables()["inventory_hostname"]


def root(host: Any, command: str) -> str:
    with host.sudo():
        return host.check_output(command)


def inspect(host: Any, container: str) -> Any:
    return json.loads(root(host, f"docker container inspect {container}"))[0]


@pytest.fixture
def cluster(host: Any) -> list[str]:
    return host.ansible.get_variables()["groups"]["gpu_hosts"]


@pytest.fixture
def first(host: Any, cluster: list[str]) -> Any:
    if name_of(host) != cluster[0]:
        pytest.skip("only the first host has this")
    return host


def test_the_swarm_lists_every_host(first: Any, cluster: list[str]) -> None:
    nodes = [json.loads(line) for line in root(first, "docker node ls --format '{{json .}}'").splitlines()]
    assert sorted(node["Hostname"] for node in nodes if node["Status"] == "Ready") == sorted(cluster)


def test_the_trainer_is_on_the_overlay_and_nowhere_else(host: Any) -> None:
    trainer = inspect(host, f"{TRAINER}-{name_of(host)}")
    assert trainer["State"]["Running"]
    assert list(trainer["NetworkSettings"]["Networks"]) == ["distrain"]
    assert trainer["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert trainer["HostConfig"]["IpcMode"] == "host"
    assert trainer["HostConfig"]["PortBindings"] in ({}, None)


@pytest.mark.parametrize("tool", ["ping -c 2 -W 5", "getent hosts"])
def test_trainers_find_each_other_by_name(host: Any, cluster: list[str], tool: str) -> None:
    for other in cluster:
        root(host, f"docker exec {TRAINER}-{name_of(host)} {tool} {TRAINER}-{other}")


def test_every_host_has_the_same_image(host: Any, cluster: list[str]) -> None:
    image = inspect(host, f"{TRAINER}-{name_of(host)}")["Config"]["Image"]
    layers = {}
    for other in cluster:
        connection = host.get_host(f"ansible://{other}", ansible_inventory=host.backend.ansible_inventory)
        layers[other] = root(connection, f"docker image inspect --format '{{{{json .RootFS.Layers}}}}' {image}")
    assert len(set(layers.values())) == 1, layers


def test_the_job_ended_well_on_every_host(host: Any, cluster: list[str]) -> None:
    job = json.loads(root(host, f"cat {DIRECTORY}/control/sft/job.json"))
    assert root(host, f"find {DIRECTORY}/logs/sft -name 'ended.*.0'").strip()
    assert job["world_size"] == len(cluster)
    assert job["rank"] == cluster.index(name_of(host))


def test_it_was_one_job_of_that_world_size(first: Any, cluster: list[str]) -> None:
    log = root(first, f"cat {DIRECTORY}/logs/sft/log")
    assert f"total train batch size (w. parallel, distributed & accumulation) = {8 * len(cluster)}" in log.lower()


def test_the_loss_fell(first: Any) -> None:
    lines = root(first, f"cat {DIRECTORY}/output/sft/trainer_log.jsonl").splitlines()
    losses = [entry["loss"] for entry in map(json.loads, lines) if "loss" in entry]
    assert len(losses) > 10
    assert losses[-1] < 0.7 * losses[0]


def test_the_settings_of_the_job_are_the_owners_alone(host: Any) -> None:
    with host.sudo():
        for name in ("control/sft/job.json", "control/sft/config.yaml", "logs/sft/log"):
            assert stat.S_IMODE(host.file(f"{DIRECTORY}/{name}").mode) == 0o600


def test_the_container_can_write_nothing_that_the_host_relies_on(host: Any) -> None:
    container = f"docker exec {TRAINER}-{name_of(host)}"
    for path in ("control/sft/job.json", "control/sft/new", "runner/run-job"):
        assert "Read-only file system" in root(host, f"{container} sh -c 'touch /run/distrain/{path} 2>&1 || true'")


def test_the_web_ui_is_on_the_first_host_alone_and_not_on_the_overlay(host: Any, cluster: list[str]) -> None:
    names = root(host, "docker ps --format '{{.Names}}'").split()
    if name_of(host) != cluster[0]:
        assert f"{TRAINER}-webui" not in names
        return
    webui = inspect(host, f"{TRAINER}-webui")
    assert "distrain" not in webui["NetworkSettings"]["Networks"]
    assert webui["HostConfig"]["PortBindings"]["7860/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": "7860"}]


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("config", None, 401),
        ("gradio_api/info", None, 401),
        ("gradio_api/queue/join", "{}", 401),
        ("login", "username=distrain&password=not-that-one", 400),
        ("login", f"username=distrain&password={PASSWORD}", 200),
    ],
)
def test_the_web_ui_asks_for_its_password(first: Any, path: str, form: str | None, status: int) -> None:
    words = ["python3", "-c", STATUS, f"http://127.0.0.1:7860/{path}", *([form] if form else [])]
    assert root(first, shlex.join(words)).strip() == str(status)


def test_the_password_is_in_one_file_alone(first: Any) -> None:
    with first.sudo():
        assert stat.S_IMODE(first.file(f"{DIRECTORY}/webui/credentials").mode) == 0o600
    assert PASSWORD not in root(first, f"docker container inspect {TRAINER}-webui")
    assert PASSWORD not in root(first, f"docker top {TRAINER}-webui")
    assert (
        root(first, f"grep --recursive --files-with-matches {PASSWORD} {DIRECTORY}") == f"{DIRECTORY}/webui/credentials"
    )


def test_a_restart_of_the_container_runs_no_job(host: Any) -> None:
    trainer = f"{TRAINER}-{name_of(host)}"
    before = root(host, f"cat {DIRECTORY}/control/sft/job.json")
    root(host, f"docker restart --time 1 {trainer}")
    assert "torchrun" not in root(host, f"docker top {trainer}")
    assert root(host, f"cat {DIRECTORY}/control/sft/job.json") == before
