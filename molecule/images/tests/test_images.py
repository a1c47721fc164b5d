# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Seen from outside: one image on every host, whole, and runnable there."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
import testinfra
from testinfra.utils.ansible_runner import AnsibleRunner

INVENTORY = os.environ["MOLECULE_INVENTORY_FILE"]
NAMES = sorted(AnsibleRunner(INVENTORY).get_hosts("gpu_hosts"))
WORKERS = sorted(AnsibleRunner(INVENTORY).get_hosts("workers"))


def host_of(name: str) -> Any:
    return testinfra.get_host(f"ansible://{name}?ansible_inventory={INVENTORY}&force_ansible=true&sudo=true")


def inspect(name: str, image: str) -> dict[str, Any]:
    return json.loads(host_of(name).check_output("docker image inspect %s", image))[0]


@pytest.mark.parametrize("image", ["images/trainer:1", "images/trainer:2"])
def test_every_host_has_the_same_image(image: str) -> None:
    found = [inspect(name, image) for name in NAMES]
    assert len(found) == 2
    assert len({json.dumps(one["RootFS"]["Layers"]) for one in found}) == 1
    assert len({one["Id"] for one in found}) == 1
    assert len({json.dumps(one["Config"], sort_keys=True) for one in found}) == 1


def test_the_image_runs_where_it_was_brought() -> None:
    expected = host_of(NAMES[0]).file("/var/lib/distrain/images/weights").sha256sum
    command = "docker run --rm --network none images/trainer:2 /bin/sha256sum /weights"
    for name in NAMES:
        assert host_of(name).check_output(command).split()[0] == expected


@pytest.mark.parametrize("name", WORKERS)
def test_the_saved_file_is_private_and_no_part_of_one_is_left(name: str) -> None:
    host = host_of(name)
    saved = host.file("/var/lib/distrain/images/second.tar")
    assert (saved.is_file, saved.mode, saved.user) == (True, 0o600, "root")
    assert not [one for one in host.file("/var/lib/distrain/images").listdir() if one.startswith(".")]


@pytest.mark.parametrize("name", WORKERS)
def test_the_engine_left_nothing_staged(name: str) -> None:
    assert host_of(name).check_output("find /var/lib/docker/tmp -type f -size +1M") == ""
