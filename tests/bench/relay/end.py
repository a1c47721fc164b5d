# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One end of one measurement, as a process of its own; the other end is another process.

end.py KIND (send | receive), with the order as JSON on its input; PYTHONPATH says whose collection is measured.
C(send) prints its port, then its CPU seconds once its input ends; C(receive) prints bytes, seconds and CPU seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import resource
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.relay.client import Peer
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import PIECE_BYTES
from ansible_collections.distrain.cluster.plugins.module_utils.relay.listener import listener_on
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import RelayServer, SourceProvider
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys, client_context, server_context
from ansible_collections.distrain.cluster.plugins.module_utils.relay.transfer import RelayTransfer

ADDRESS = "127.0.0.1"
BLOCK = os.urandom(64 * 1024**2)


class Repeated(io.RawIOBase):
    """The block again and again; the read-ahead of a real source has such chunks in memory too."""

    def __init__(self, size: int) -> None:
        self._left = size

    def seek(self, offset: int, whence: int = 0) -> int:
        assert offset == whence == 0
        return 0

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._left)
        start = -self._left % len(BLOCK)
        data = BLOCK[start : start + size]
        self._left -= len(data)
        return data


class Items:
    def __init__(self, sizes: list[int]) -> None:
        self._sizes = sizes

    def open_item(self, item: int, _timeout: float) -> tuple[int, Any]:
        return self._sizes[item], Repeated(self._sizes[item])


class NullSink:
    def begin(self, item: int, size: int) -> None: ...

    def write(self, data: Any) -> None: ...

    def end(self) -> None: ...

    def abort(self) -> None: ...

    def finish(self) -> None: ...


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def digest_of(size: int) -> str:
    found = hashlib.sha256()
    file = Repeated(size)
    while data := file.read(1024**2):
        found.update(data)
    return found.hexdigest()


def keys_of(order: dict[str, Any]) -> RunKeys | None:
    return RunKeys(**order["keys"]) if order.get("keys") else None


def secured(connection: socket.socket, context: ssl.SSLContext | None, **how: Any) -> Any:
    return context.wrap_socket(connection, **how) if context else connection


def send_copies(order: dict[str, Any]) -> None:
    """Send the block in pieces as today's, with nothing around them."""
    keys = keys_of(order)
    listener = listener_on(ADDRESS)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    connection, _peer = listener.accept()
    stream = secured(connection, server_context(keys) if keys else None, server_side=True)
    start = cpu()
    file = Repeated(order["bytes"])
    while data := file.read(PIECE_BYTES):
        stream.sendall(data)
    print(json.dumps({"cpu": cpu() - start}), flush=True)
    stream.recv(1)


def receive_copies(order: dict[str, Any]) -> dict[str, float]:
    keys = keys_of(order)
    connection = socket.create_connection((ADDRESS, order["port"]))
    stream = secured(connection, client_context(keys) if keys else None, server_hostname="h0") if keys else connection
    buffer = memoryview(bytearray(PIECE_BYTES))
    start, busy, left = time.perf_counter(), cpu(), order["bytes"]
    while left:
        left -= stream.recv_into(buffer[: min(left, PIECE_BYTES)])
    return {"seconds": time.perf_counter() - start, "cpu": cpu() - busy}


def send_items(order: dict[str, Any]) -> None:
    keys = keys_of(order)
    server = RelayServer(listener_on(ADDRESS), server_context(keys) if keys else None, lambda count: None)
    server.serve(SourceProvider(Items(order["items"])))
    digests = {size: digest_of(size) for size in set(order["items"])}
    print(json.dumps({"port": server.port, "digests": [digests[size] for size in order["items"]]}), flush=True)
    start = cpu()
    sys.stdin.read()
    print(json.dumps({"cpu": cpu() - start}), flush=True)


class Threads:
    """What each thread of this process has of a core, as long as this runs: the busiest is what one core limits."""

    def __init__(self) -> None:
        self._before = self._seconds()
        self._most: dict[str, float] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def busiest(self) -> float:
        """End, and return the seconds of the thread that had most."""
        self._is_over.set()
        self._thread.join()
        return max(seconds - self._before.get(name, 0.0) for name, seconds in self._most.items())

    def _run(self) -> None:
        while not self._is_over.wait(0.02):
            self._most |= self._seconds()

    def _seconds(self) -> dict[str, float]:
        found = {}
        for path in Path("/proc/self/task").iterdir():
            with contextlib.suppress(OSError):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                found[path.name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return found


def receive_items(order: dict[str, Any]) -> dict[str, float]:
    keys = keys_of(order)
    items = list(range(len(order["items"])))
    peer = Peer("source", "h0", ADDRESS, order["port"])
    command = {
        "receives": items,
        "keeps": items,
        "digests": order["digests"],
        "peers": [vars(peer)],
        "is_last": True,
        "patience": 30,
    }
    context = client_context(keys) if keys else None
    start, busy, threads = time.perf_counter(), cpu(), Threads()
    transfer = RelayTransfer(command, NullSink(), context, lambda text: print(text, file=sys.stderr))
    transfer.start()
    while not transfer.wait(60):
        pass
    transfer.raise_failure()
    return {"seconds": time.perf_counter() - start, "cpu": cpu() - busy, "busiest": threads.busiest()}


def hash_alone(order: dict[str, Any]) -> dict[str, float]:
    start, busy = time.perf_counter(), cpu()
    digest_of(order["bytes"])
    return {"seconds": time.perf_counter() - start, "cpu": cpu() - busy}


def main(kind: str, end: str) -> None:
    order = json.loads(sys.stdin.readline())
    ends = {
        ("copy", "send"): send_copies,
        ("copy", "receive"): receive_copies,
        ("relay", "send"): send_items,
        ("relay", "receive"): receive_items,
        ("hash", "receive"): hash_alone,
    }
    end_in_time = threading.Timer(300, os._exit, (3,))
    end_in_time.daemon = True
    end_in_time.start()
    found = ends[kind, end](order)
    if found:
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
