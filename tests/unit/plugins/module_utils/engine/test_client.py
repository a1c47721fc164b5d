# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The client of the engine's socket: what it returns, and that every failure is an OSError."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.engine import client as engine_client
from ansible_collections.distrain.cluster.plugins.module_utils.engine.client import CallError, EngineClient

ANSWERS: dict[str, tuple[int, bytes]] = {
    "/info": (200, b'{"ServerVersion": "28.0.0"}'),
    "/empty": (204, b""),
    "/text": (200, b"not JSON"),
    "/missing": (404, b'{"message": "no such container: a"}'),
    "/broken": (500, b"page not rendered"),
    "/silent": (503, b""),
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS[self.path]
        self._answer(status, body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200, json.dumps([self.headers.get("Content-Type"), body.decode()]).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        pass

    def address_string(self) -> str:
        return ""


class _Server(UnixStreamServer):
    def handle_error(self, *_words: Any) -> None:
        """A client that closes early is part of the tests."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineClient]:
    path = str(tmp_path / "docker.sock")
    with _Server(path, _Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield EngineClient(path, 5)
        server.shutdown()


def test_answers(engine: EngineClient) -> None:
    assert engine.get("/info") == {"ServerVersion": "28.0.0"}
    assert engine.get("/empty") is None
    assert engine.read("GET", "/text", limit=3) == b"not"


def test_a_body_is_sent_as_json(engine: EngineClient) -> None:
    assert engine.call("POST", "/x", {}) == ["application/json", "{}"]
    assert engine.call("POST", "/x") == [None, ""]


@pytest.mark.parametrize(
    ("url", "message", "status"),
    [
        ("/missing", "no such container: a", 404),
        ("/broken", "page not rendered", 500),
        ("/silent", "HTTP status 503", 503),
        ("/text", "the answer is no JSON", None),
    ],
)
def test_refused_calls(engine: EngineClient, url: str, message: str, status: int | None) -> None:
    with pytest.raises(CallError, match=message) as failure:
        engine.get(url)
    assert failure.value.status == status


def test_no_engine(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        EngineClient(str(tmp_path / "docker.sock")).get("/info")


def test_it_needs_the_standard_library_alone() -> None:
    lines = Path(engine_client.__file__).read_text().splitlines()
    modules = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert modules <= set(sys.stdlib_module_names)
