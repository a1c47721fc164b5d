# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role reset takes for the site's own."""

from __future__ import annotations

import re

import pytest
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
