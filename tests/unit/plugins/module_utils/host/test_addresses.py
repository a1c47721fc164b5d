# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import socket
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.host.addresses import answers, own_addresses

FIB_TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 198.18.1.0/24 2 0 2
        +-- 198.18.1.0/28 2 0 2
           |-- 198.18.1.0
              /24 link UNICAST
           |-- 198.18.1.11
              /32 host LOCAL
        |-- 198.18.1.255
           /32 link BROADCAST
Local:
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
"""
IF_INET6 = "fd000000000000000000000000000001 02 40 00 80     eth0\n"


def test_own_addresses(tmp_path: Path) -> None:
    (tmp_path / "fib_trie").write_text(FIB_TRIE)
    assert own_addresses(tmp_path) == {"198.18.1.11", "127.0.0.1"}
    (tmp_path / "if_inet6").write_text(IF_INET6)
    assert own_addresses(tmp_path) == {"198.18.1.11", "127.0.0.1", "fd00::1"}


def test_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert answers("127.0.0.1", port)
    assert not answers("127.0.0.1", port)
