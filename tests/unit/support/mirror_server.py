# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mirror on this machine that serves what a test gives it, or nothing at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Instead of a content: the connection stays open and nothing comes, or a byte now and then.
HANGS, TRICKLES = "hangs", "trickles"


@contextmanager
def mirror_server(files: Mapping[str, Any]) -> Iterator[str]:
    """Serve contents by their paths, all else as 404; yield the address."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            if content == HANGS:
                over.wait(20)
                return
            self.send_response(404 if content is None else 200)
            self.end_headers()
            if content == TRICKLES:
                while not over.wait(0.05):
                    self.wfile.write(b"x")
                    self.wfile.flush()
            elif content is not None:
                self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
