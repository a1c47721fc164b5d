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


IMAGES = ("images/trainer:1", "images/trainer:2", "images/trainer:3", "images/large:1")


def test_the_hosts_have_both_image_stores(hosts: list[Any]) -> None:
    drivers = [host.check_output("docker info --format '{{.Driver}}'") for host in hosts]
    assert drivers == ["overlay2", "overlay2", "overlayfs"]


@pytest.mark.parametrize("image", IMAGES)
def test_every_host_has_the_same_image(hosts: list[Any], image: str) -> None:
    found = [json.loads(host.check_output("docker image inspect %s", image))[0] for host in hosts]
    assert len(found) == 3
    assert len({json.dumps(one["RootFS"]["Layers"]) for one in found}) == 1
    # The containerd store names an image by its manifest.
    assert found[0]["Id"] == found[1]["Id"]
    assert len({json.dumps([one["Config"][key] for key in ("Env", "Cmd", "WorkingDir")]) for one in found}) == 1


@pytest.mark.parametrize(("image", "file"), [("images/trainer:3", "weights"), ("images/large:1", "part-4")])
def test_the_image_runs_where_it_was_brought(hosts: list[Any], image: str, file: str) -> None:
    expected = hosts[0].check_output(f"sha256sum {DIRECTORY}/{file}").split()[0]
    command = f"docker run --rm --network none {image} /bin/sha256sum /{file}"
    assert [host.check_output(command).split()[0] for host in hosts] == [expected] * 3


def test_the_saved_file_is_private_and_no_part_of_one_is_left(workers: list[Any]) -> None:
    for host in workers:
        assert host.check_output(f"stat -c '%a %U' {DIRECTORY}/again.tar") == "600 root"
        assert host.check_output(f"find {DIRECTORY} -name '.*'") == ""


def test_the_engine_left_nothing_staged(hosts: list[Any]) -> None:
    for host in hosts:
        assert host.check_output("find /var/lib/docker/tmp -type f -size +1M") == ""


def test_nothing_of_a_delivery_is_left(hosts: list[Any]) -> None:
    for host in hosts:
        assert "distrain-prefix" not in host.check_output("docker images --all")
        assert host.run("pgrep distrain-relay").rc == 1
        assert host.check_output("find /run/distrain -name '*.lock'; find /tmp /root -name '*distrain-relay*'") == ""


def test_only_the_source_has_a_spool_and_only_root_reads_it(hosts: list[Any]) -> None:
    assert [host.file("/var/lib/distrain/spool").exists for host in hosts] == [True, False, False]
    assert hosts[0].check_output("stat -c '%a %U' /var/lib/distrain/spool") == "700 root"
    assert hosts[0].check_output("find /var/lib/distrain/spool -name '.part-*'") == ""
