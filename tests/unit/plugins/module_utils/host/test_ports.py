# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
import socket
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.host.ports import (
    listening_ports,
    parse_socket_inodes,
    port_holders,
)

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


LISTENING = SSH.replace("     0\n", "     0        0 4711 1\n")
CONNECTED = LISTENING.replace(" 0A ", " 01 ").replace("4711", "4712")


def test_of_several_sockets_at_a_port_the_one_that_listens_is_named() -> None:
    assert parse_socket_inodes([CONNECTED, LISTENING], {22}) == {22: "4711"}
    assert parse_socket_inodes([CONNECTED], {22, 80}) == {22: "4712"}
    assert parse_socket_inodes([LISTENING, "x y", ""], {80}) == {}


def test_the_process_that_holds_a_port_is_found_and_one_that_is_not_seen_is_left_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert port_holders({port})[port].endswith(f" (process {os.getpid()})")
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(HEADING + LISTENING)
    (tmp_path / "1").mkdir()
    assert port_holders({22}, tmp_path) == {}
