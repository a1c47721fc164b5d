# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.text.names import folded


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ([], ""),
        (["gpu-01"], "gpu-01"),
        (["gpu-02", "gpu-01"], "gpu-01…02"),
        ([f"gpu-{number:02}" for number in range(1, 17)], "gpu-01…16"),
        (["gpu-9", "gpu-10"], "gpu-10, gpu-9"),
        (["gpu-01", "gpu-02", "gpu-04"], "gpu-01…02, gpu-04"),
        (["a1", "b2"], "a1, b2"),
        (["localhost", "localhost"], "localhost"),
        ([f"node{number:02}" for number in (1, 3, 5, 7, 9)], "5 hosts"),
        (["gpu-01 -> localhost", "gpu-02 -> localhost"], "gpu-01 -> localhost, gpu-02 -> localhost"),
    ],
)
def test_hosts(hosts: list[str], words: str) -> None:
    assert folded(hosts) == words
