# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role reset takes for the site's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import BASE
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.command import NAME
from ansible_collections.distrain.cluster.plugins.plugin_utils.allreduce.measurement import NETWORKS
from ansible_collections.distrain.cluster.plugins.plugin_utils.gpu_check.decision import NAME as GPU_CHECK
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.role_files import load

PATTERN = load(ROOT / "roles/reset/vars/main.yml")["__reset_check_containers"]


@pytest.mark.parametrize("network", NETWORKS)
def test_every_container_of_the_network_check_is_found(network: str) -> None:
    assert re.search(PATTERN, f"{NAME}-{network}-gpu-01")


def test_the_container_of_the_gpu_check_is_found() -> None:
    assert re.search(PATTERN, GPU_CHECK)


OTHERS = ["distrain-keepalive", "distrain-check-a-gpu-01", "my-distrain-check-overlay-gpu-01", f"{GPU_CHECK}-2"]


@pytest.mark.parametrize("name", OTHERS)
def test_no_other_container_is_taken_for_one(name: str) -> None:
    assert not re.search(PATTERN, name)


def test_the_service_that_keeps_jobs_goes_with_all_its_files() -> None:
    variables = load(ROOT / "roles/trainer_launch/vars/main.yml")
    program, unit = (variables[f"__trainer_launch_keeper_{name}"] for name in ("program", "unit"))
    services = load(ROOT / "roles/reset/vars/main.yml")["__reset_services"]
    assert {"name": Path(unit).name, "paths": [program, unit]} in services


def test_what_the_service_knew_of_jobs_goes_too() -> None:
    removed = [task.get("ansible.builtin.file", {}) for task in load(ROOT / "roles/reset/tasks/passwords.yml")]
    kept = BASE.replace(load(ROOT / "roles/reset/defaults/main.yml")["reset_state_directory"], "{{ DIRECTORY }}")
    paths = [one.get("path", "").replace("reset_arguments.state_directory", "DIRECTORY") for one in removed]
    assert kept in paths
