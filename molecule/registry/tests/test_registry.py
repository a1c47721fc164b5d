# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seen from outside: one image on every host, and a registry that lets nobody in who does not belong to the cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest
import testinfra
from testinfra.utils.ansible_runner import AnsibleRunner

IMAGE = "registry/trainer:1"
SECRETS = "/etc/distrain-registry"


@pytest.fixture(scope="module")
def hosts(request: pytest.FixtureRequest) -> list[Any]:
    inventory = request.config.getoption("--ansible-inventory")
    query = f"ansible_inventory={inventory}&force_ansible=true&sudo=true"
    names = sorted(AnsibleRunner(inventory).get_hosts("gpu_hosts"))
    return [testinfra.get_host(f"ansible://{name}?{query}") for name in names]


def test_every_host_has_the_image_in_either_store(hosts: list[Any]) -> None:
    found = [json.loads(host.check_output("docker image inspect %s", IMAGE))[0] for host in hosts]
    drivers = [json.loads(host.check_output("docker info --format json"))["Driver"] for host in hosts]
    assert drivers == ["overlay2", "overlay2", "overlayfs"]
    assert len({json.dumps(one["RootFS"]["Layers"]) for one in found}) == 1
    assert [one["RepoTags"] for one in found] == [[IMAGE]] * 3
    assert found[0]["Id"] == found[1]["Id"]


def test_the_image_runs(hosts: list[Any]) -> None:
    command = f"docker run --rm --network none {IMAGE} /bin/sha256sum /weights"
    assert len({host.check_output(command).split()[0] for host in hosts}) == 1


def test_the_registry_listens_at_one_address_of_its_host_only(hosts: list[Any]) -> None:
    listening = [host.check_output("ss --listening --tcp --numeric --no-header sport = 5000") for host in hosts]
    (line,) = listening[0].splitlines()
    assert line.split()[3].startswith("198.18.")
    assert listening[1:] == ["", ""]


def test_what_is_secret_is_read_by_root_only_and_lies_on_the_host_of_the_registry(hosts: list[Any]) -> None:
    modes = hosts[0].check_output(f"stat -c '%n %a %U' {SECRETS}/password {SECRETS}/server.pem {SECRETS}/users")
    assert {tuple(line.split()[1:]) for line in modes.splitlines()} == {("600", "root")}
    assert not any(host.file(SECRETS).exists for host in hosts[1:])
    for host in hosts:
        assert not host.file("/root/.docker/config.json").exists


def test_nobody_is_let_in_without_the_password(hosts: list[Any]) -> None:
    address = hosts[1].check_output("ls /etc/docker/certs.d")
    authority = f"/etc/docker/certs.d/{address}/distrain-ca.crt"
    program = (
        "import ssl, urllib.request, urllib.error\n"
        f"trust = ssl.create_default_context(cafile={authority!r})\n"
        "try:\n"
        f"    urllib.request.urlopen('https://{address}/v2/', context=trust)\n"
        "except urllib.error.HTTPError as error:\n"
        "    print(error.code)\n"
    )
    assert hosts[1].check_output("python3 -c %s", program) == "401"
