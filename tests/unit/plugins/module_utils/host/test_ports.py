# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.host.ports import listening_ports

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
SSH = "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
ESTABLISHED = "   1: 0100007F:0050 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000     0\n"
GOSSIP = f"   0: {'0' * 32}:1F0A {'0' * 32}:0000 0A 00000000:00000000 00:00000000 00000000     0\n"


def test_only_sockets_that_listen_count(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(HEADING + SSH + ESTABLISHED)
    (tmp_path / "tcp6").write_text(HEADING + GOSSIP)
    assert listening_ports(tmp_path) == {22, 7946}


def test_a_kernel_without_ipv6_has_one_table(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(HEADING + SSH)
    assert listening_ports(tmp_path) == {22}
