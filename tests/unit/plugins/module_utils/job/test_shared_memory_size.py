# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How large /dev/shm is for a container, and what has an effect on it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.causes.rule import JobContext
from ansible_collections.distrain.cluster.plugins.module_utils.causes.storage_rules import shared_memory
from ansible_collections.distrain.cluster.plugins.module_utils.job import rank_observer as job_look

MIB = 1 << 20


@pytest.mark.parametrize(
    ("configuration", "ipc", "size"),
    [
        ({"IpcMode": "private", "ShmSize": 64 * MIB}, "private", 64 * MIB),
        ({"IpcMode": "shareable", "ShmSize": 128 * MIB}, "shareable", 128 * MIB),
        ({"IpcMode": "container:abc", "ShmSize": 64 * MIB}, "container:abc", None),
        ({}, "", None),
    ],
)
def test_the_size_by_the_engine(configuration: dict[str, Any], ipc: str, size: int | None) -> None:
    assert job_look._shared_memory(configuration) == {"ipc": ipc, "shm_bytes": size}


def test_the_size_of_the_host() -> None:
    found = job_look._shared_memory({"IpcMode": "host", "ShmSize": 64 * MIB})
    known = os.statvfs("/dev/shm")
    assert found == {"ipc": "host", "shm_bytes": known.f_blocks * known.f_frsize}


@pytest.mark.parametrize(
    ("setting", "says", "says_not"),
    [
        (JobContext(ipc="host", shm_size="16gb", shm_bytes=64 * MIB), "has no effect", "Raise trainer_launch_shm_size"),
        (JobContext(ipc="host", shm_bytes=64 * MIB), "host of 64 MB is too small", "Raise trainer_launch_shm_size"),
        (JobContext(ipc="private", shm_size="64mb"), "Raise trainer_launch_shm_size (now 64mb)", "remount"),
        (JobContext(ipc="shareable"), "Raise trainer_launch_shm_size.", "remount"),
        (JobContext(ipc="container:data"), "that of container:data (trainer_launch_ipc)", "Raise"),
    ],
)
def test_the_advice_has_an_effect(setting: JobContext, says: str, says_not: str) -> None:
    said = " ".join(shared_memory("", setting))
    assert says in said
    assert says_not not in said
