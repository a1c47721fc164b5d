# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on two hosts: the relay's server on one, its client on the other, with TLS or without, and nothing else.

The first line of the input is what to do, as JSON; where it has no keys, nothing is encrypted. The product cannot do
that.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ansible_collections.distrain.cluster.plugins.module_utils.relay.client import Peer, RelayClient
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.listener import listener_on
from ansible_collections.distrain.cluster.plugins.module_utils.relay.parts import WINDOW_BYTES
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import RelayServer, SourceProvider
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys, client_context, server_context
from ansible_collections.distrain.cluster.plugins.module_utils.relay.window import Window

DATA = Path("/tmp/bench-data")  # in memory
BLOCK = 16 * 1024**2


class OneFile:
    def open_item(self, item: int, timeout: float) -> tuple[int, IO[bytes]] | None:
        return DATA.stat().st_size, DATA.open("rb")


def serve(order: Mapping[str, Any], keys: RunKeys | None) -> None:
    with DATA.open("wb") as file:
        for _round in range(order["size"] // BLOCK):
            file.write(os.urandom(BLOCK))
    digest = hashlib.sha256(DATA.read_bytes()).hexdigest()
    server = RelayServer(listener_on(order["address"]), server_context(keys) if keys else None, lambda count: None)
    server.serve(SourceProvider(OneFile()))
    print(json.dumps({"port": server.port, "digest": digest}), flush=True)
    sys.stdin.read()
    DATA.unlink()


def fetch(order: Mapping[str, Any], keys: RunKeys | None) -> None:
    window = Window(ItemRanges([0]), WINDOW_BYTES)
    reader = window.open_first()
    peer = Peer("source", order["identity"], order["address"], order["port"])
    context = client_context(keys) if keys else None
    client = RelayClient([peer], context, {0: order["digest"]}, window, 30, lambda text: print(text, file=sys.stderr))

    def drain() -> None:
        while not reader.is_at_end():
            reader.next_pieces(1)

    draining = threading.Thread(target=drain)
    start = time.monotonic()
    draining.start()
    client.receive(ItemRanges([0]))
    draining.join()
    print(json.dumps({"seconds": time.monotonic() - start}), flush=True)


order = json.loads(sys.stdin.readline())
(serve if order["do"] == "serve" else fetch)(order, RunKeys(**order["keys"]) if order["keys"] else None)
