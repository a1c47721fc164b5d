# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same model on the same data by every launcher, as a person on the hosts sees what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

testinfra_hosts = ["ansible://gpu_hosts"]
TRAINER = "llama-factory"
DIRECTORY = f"/var/lib/distrain/trainers/{TRAINER}"
LAUNCHERS = ["torchrun", "torchrun_elastic", "accelerate", "deepspeed_no_ssh", "deepspeed"]
STEPS = 12
# The printed losses of all launchers came out the same. A sum of 32-bit numbers depends on its order, though, and ZeRO
# adds gradients in other pieces than DDP does: this leaves room for that, and the first step alone moves by 0.3.
TOLERANCE = 0.005


def name_of(host: Any) -> str:
    return host.ansible.get_variables()["inventory_hostname"]


def root(host: Any, command: str) -> str:
    with host.sudo():
        return host.check_output(command)


@pytest.fixture
def cluster(host: Any) -> list[str]:
    return host.ansible.get_variables()["groups"]["gpu_hosts"]


@pytest.fixture
def first(host: Any, cluster: list[str]) -> Any:
    """For what every host reports alike."""
    if name_of(host) != cluster[0]:
        pytest.skip("only the first host is asked")
    return host


def losses(host: Any, cluster: list[str], launcher: str) -> list[float]:
    """From the host with the first rank, which is any where the hosts find each other."""
    for name in cluster:
        other = host.get_host(f"ansible://{name}", ansible_inventory=host.backend.ansible_inventory)
        path = f"{DIRECTORY}/output/{launcher}/trainer_log.jsonl"
        with other.sudo():
            if other.file(path).exists:
                lines = [json.loads(line) for line in other.file(path).content_string.splitlines()]
                return [line["loss"] for line in lines if "loss" in line]
    return []


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_the_job_ended_well_over_all_hosts(host: Any, cluster: list[str], launcher: str) -> None:
    job = json.loads(root(host, f"cat {DIRECTORY}/control/{launcher}/job.json"))
    log = root(host, f"cat {DIRECTORY}/logs/{launcher}/log")
    assert root(host, f"find {DIRECTORY}/logs/{launcher} -name 'ended.*.0'").strip()
    assert job["world_size"] == len(cluster)
    # The trainer itself counts 8 samples for each process that it knows of.
    assert f"total train batch size (w. parallel, distributed & accumulation) = {8 * len(cluster)}" in log.lower()


def test_the_losses_are_those_of_torchrun(first: Any, cluster: list[str]) -> None:
    found = {launcher: losses(first, cluster, launcher) for launcher in LAUNCHERS}
    expected = found["torchrun"]
    assert len(expected) == STEPS
    assert expected[-1] < expected[0] - 10 * TOLERANCE
    for launcher in LAUNCHERS:
        assert found[launcher] == pytest.approx(expected, abs=TOLERANCE), launcher


def test_no_process_is_left(host: Any) -> None:
    processes = root(host, f"docker exec {TRAINER}-{name_of(host)} ps -eo args").splitlines()
    told_by = ("sshd", "deepspeed", "pdsh", "torchrun", "accelerate", "llamafactory")
    assert not [line for line in processes if any(word in line for word in told_by)]


def test_nothing_listens_any_more(host: Any) -> None:
    listening = root(host, f"docker exec {TRAINER}-{name_of(host)} ss -Hltn")
    assert not [line for line in listening.splitlines() if ":29522 " in line or ":29500 " in line]


def test_no_key_is_left(host: Any) -> None:
    assert root(host, f"find {DIRECTORY} -name '*_key*' -o -name launch -o -name known_hosts") == ""


def test_no_port_of_a_trainer_was_published(host: Any) -> None:
    container = json.loads(root(host, f"docker container inspect {TRAINER}-{name_of(host)}"))[0]
    assert container["HostConfig"]["PortBindings"] in ({}, None)
