# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seen from outside: one image on every host, whole, and runnable there."""

from __future__ import annotations

import json
from typing import Any

import pytest
import testinfra
from testinfra.utils.ansible_runner import AnsibleRunner

DIRECTORY = "/var/lib/distrain/images"


def hosts_of(group: str, request: pytest.FixtureRequest) -> list[Any]:
    inventory = request.config.getoption("--ansible-inventory")
    query = f"ansible_inventory={inventory}&force_ansible=true&sudo=true"
    names = sorted(AnsibleRunner(inventory).get_hosts(group))
    return [testinfra.get_host(f"ansible://{name}?{query}") for name in names]


@pytest.fixture(scope="module")
def hosts(request: pytest.FixtureRequest) -> list[Any]:
    return hosts_of("gpu_hosts", request)


@pytest.fixture(scope="module")
def workers(request: pytest.FixtureRequest) -> list[Any]:
    return hosts_of("workers", request)


@pytest.mark.parametrize("image", ["images/trainer:1", "images/trainer:2"])
def test_every_host_has_the_same_image(hosts: list[Any], image: str) -> None:
    found = [json.loads(host.check_output("docker image inspect %s", image))[0] for host in hosts]
    assert len(found) == 2
    assert len({json.dumps(one["RootFS"]["Layers"]) for one in found}) == 1
    assert len({one["Id"] for one in found}) == 1
    assert len({json.dumps(one["Config"], sort_keys=True) for one in found}) == 1


def test_the_image_runs_where_it_was_brought(hosts: list[Any]) -> None:
    expected = hosts[0].check_output(f"sha256sum {DIRECTORY}/weights").split()[0]
    command = "docker run --rm --network none images/trainer:2 /bin/sha256sum /weights"
    assert [host.check_output(command).split()[0] for host in hosts] == [expected] * 2


def test_the_saved_file_is_private_and_no_part_of_one_is_left(workers: list[Any]) -> None:
    for host in workers:
        assert host.check_output(f"stat -c '%a %U' {DIRECTORY}/second.tar") == "600 root"
        assert host.check_output(f"find {DIRECTORY} -name '.*'") == ""


def test_the_engine_left_nothing_staged(workers: list[Any]) -> None:
    for host in workers:
        assert host.check_output("find /var/lib/docker/tmp -type f -size +1M") == ""
