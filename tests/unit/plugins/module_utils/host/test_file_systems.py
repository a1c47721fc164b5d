# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file systems that can become full, and the names of a hosts file."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.host.file_systems import (
    observe_file_systems,
    parse_mounts,
)
from ansible_collections.distrain.cluster.plugins.module_utils.host.names import parse_hosts_file

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
tmpfs /run tmpfs rw 0 0
tmpfs /run/user/0 tmpfs rw 0 0
tmpfs /dev/shm tmpfs rw 0 0
/dev/sdb1 /var/lib/docker xfs rw 0 0
overlay /var/lib/docker/overlay2/1a/merged overlay rw 0 0
server:/export /mnt/nfs nfs4 rw 0 0
/dev/sdc1 /srv/my\\040models ext4 rw 0 0
broken
"""


def test_only_file_systems_of_the_host_itself_are_looked_at() -> None:
    paths = [path for path, _kind in parse_mounts(MOUNTS)]
    assert paths == ["/", "/run", "/dev/shm", "/var/lib/docker", "/srv/my models"]


def test_a_file_system_is_counted_once_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda1 {tmp_path} ext4 rw 0 0\n/dev/sda1 {tmp_path.parent} ext4 rw 0 0\n/dev/x /gone ext4 rw 0 0\n"
    )
    (found,) = observe_file_systems(mounts)
    assert (found["path"], found["type"]) == (str(tmp_path), "ext4")
    assert 0 <= found["free_bytes"] <= found["total_bytes"]
    assert observe_file_systems(tmp_path / "missing") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# a comment\n\n127.0.0.1 localhost\n::1 localhost # and more\n", {"localhost": ["127.0.0.1", "::1"]}),
        ("192.0.2.1\tgpu-01 gpu-01.lan\n", {"gpu-01": ["192.0.2.1"], "gpu-01.lan": ["192.0.2.1"]}),
        ("nonsense gpu-01\nfe80::1%eth0 gpu-02\n", {"gpu-02": ["fe80::1%eth0"]}),
    ],
)
def test_the_names_of_a_hosts_file(text: str, expected: dict[str, list[str]]) -> None:
    assert parse_hosts_file(text) == expected
