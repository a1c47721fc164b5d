# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An engine at a real socket that saves, loads, lists, tags and removes images as both of Docker's stores do."""

from __future__ import annotations

import hashlib
import io
import json
import socketserver
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class FakeImageEngine:
    """``saved`` is the archive that every save gives; ``calls`` are the changing calls in order."""

    def __init__(self, store: str = "classic") -> None:
        self.store = store
        self.configs: dict[str, bytes] = {}
        self.needs: dict[str, list[str]] = {}
        self.names: dict[str, str] = {}
        self.chains: set[tuple[str, ...]] = set()
        self.blobs: set[str] = set()
        self.saved = b""
        self.saves = 0
        self.calls: list[str] = []
        self.load_error = ""
        self.arrived: list[int] = []

    @property
    def info(self) -> dict[str, Any]:
        status = [["driver-type", "io.containerd.snapshotter.v1"]] if self.store == "containerd" else []
        return {"DriverStatus": status, "DockerRootDir": "/"}

    def hold(self, image: TestImage, name: str, compressed: bool = False) -> str:
        """Have an image, as if it had been built or pulled."""
        image_id = image.id if self.store == "classic" else digest_of(b"manifest of " + image.config_file)
        self.configs[image_id] = image.config_file
        self.needs[image_id] = [f"packed {one}" if compressed else one for one in image.diff_ids]
        self.blobs |= set(self.needs[image_id])
        self.names[name] = image_id
        self._unpack(image.diff_ids)
        return image_id

    def inspected(self, image_id: str) -> dict[str, Any]:
        config = json.loads(self.configs[image_id])
        return {
            "Id": image_id,
            "RepoTags": sorted(name for name, named in self.names.items() if named == image_id),
            "Size": 1000,
            "Architecture": config["architecture"],
            "Os": config["os"],
            "Config": config["config"],
            "RootFS": {"Layers": config["rootfs"]["diff_ids"]},
        }

    def listed(self) -> list[dict[str, Any]]:
        whole = [one for one in self.configs if self.store == "classic" or set(self.needs[one]) <= self.blobs]
        return [self.inspected(image_id) for image_id in whole]

    def find(self, name: str) -> str | None:
        return self.names.get(name) or (name if name in self.configs else None)

    def remove(self, name: str) -> None:
        self.calls.append(f"remove {name}")
        image_id = self.names.pop(name)
        if image_id not in self.names.values():
            del self.configs[image_id]
            del self.needs[image_id]
        self.blobs &= {blob for needs in self.needs.values() for blob in needs}
        self.chains = set()
        for config in self.configs.values():
            self._unpack(json.loads(config)["rootfs"]["diff_ids"])

    def load(self, body: bytes) -> list[dict[str, Any]]:
        if self.load_error:
            return [{"errorDetail": {"message": self.load_error}, "error": self.load_error}]
        files = {}
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            for member in archive:
                files[member.name] = archive.extractfile(member).read()  # type: ignore[union-attr]
        self.arrived.append(sum(1 for name in files if name.startswith("layers/")))
        return self._load_classic(files) if self.store == "classic" else self._load_oci(files)

    def _load_classic(self, files: dict[str, bytes]) -> list[dict[str, Any]]:
        entry = json.loads(files["manifest.json"])[0]
        config = files[entry["Config"]]
        diff_ids = json.loads(config)["rootfs"]["diff_ids"]
        for index, path in enumerate(entry["Layers"]):
            if tuple(diff_ids[: index + 1]) in self.chains:
                continue
            if path not in files or digest_of(files[path]) != diff_ids[index]:
                return [{"errorDetail": {"message": f"invalid diffID for layer {index}"}, "error": "invalid diffID"}]
        self._keep(digest_of(config), config, diff_ids, entry["RepoTags"][0])
        return [{"stream": f"Loaded image: {entry['RepoTags'][0]}\n"}]

    def _load_oci(self, files: dict[str, bytes]) -> list[dict[str, Any]]:
        found = json.loads(files["index.json"])["manifests"][0]
        manifest = json.loads(files[f"blobs/{found['digest'].replace(':', '/')}"])
        config = files[f"blobs/{manifest['config']['digest'].replace(':', '/')}"]
        name = found["annotations"]["io.containerd.image.name"].removeprefix("docker.io/")
        diff_ids = json.loads(config)["rootfs"]["diff_ids"]
        # By their contents, whatever their paths are.
        self.blobs |= {f"sha256:{hashlib.sha256(content).hexdigest()}" for content in files.values()}
        could = all(tuple(diff_ids[: i + 1]) in self.chains or one in self.blobs for i, one in enumerate(diff_ids))
        self.configs[found["digest"]] = config
        self.needs[found["digest"]] = [layer["digest"] for layer in manifest["layers"]]
        self.names[name] = found["digest"]
        if could:
            self._unpack(diff_ids)
        said = f"Loaded image: {name}\n" if could else f"Error unpacking image {name}: content digest not found\n"
        return [{"stream": said}]

    def _keep(self, image_id: str, config: bytes, diff_ids: list[str], name: str) -> None:
        self.configs[image_id], self.needs[image_id], self.names[name] = config, diff_ids, image_id
        self._unpack(diff_ids)

    def _unpack(self, diff_ids: list[str]) -> None:
        self.chains |= {tuple(diff_ids[: index + 1]) for index in range(len(diff_ids))}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: FakeImageEngine

    def log_message(self, *_: Any) -> None:
        return

    def address_string(self) -> str:
        return "socket"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == "/info":
            self._answer(200, self.engine.info)
        elif path == "/images/json":
            self._answer(200, self.engine.listed())
        elif path.endswith("/get"):
            self.engine.saves += 1
            self._send(200, self.engine.saved)
        elif path.endswith("/history"):
            self._answer(200, [{"Size": 5}, {"Size": 0}, {"Size": 7}])
        else:
            image_id = self.engine.find(path.removeprefix("/images/").removesuffix("/json"))
            self._answer(200 if image_id else 404, self.engine.inspected(image_id) if image_id else {"message": "no"})

    def do_DELETE(self) -> None:
        name = unquote(urlsplit(self.path).path).removeprefix("/images/")
        if name in self.engine.names:
            self.engine.remove(name)
            self._answer(200, [])
        else:
            self._answer(404, {"message": f"No such image: {name}"})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/images/load":
            body = self._chunks()
            if body is None:
                self.close_connection = True
                return
            lines = [json.dumps(line) for line in self.engine.load(body)]
            self._send(200, "\r\n".join(lines).encode())
            return
        source = unquote(parts.path).removeprefix("/images/").removesuffix("/tag")
        repository, tag = (unquote(pair.partition("=")[2]) for pair in parts.query.split("&"))
        self.engine.calls.append(f"tag {repository}:{tag}")
        self.engine.names[f"{repository}:{tag}"] = self.engine.find(source) or ""
        self._send(201, b"")

    def _chunks(self) -> bytes | None:
        body = b""
        while line := self.rfile.readline():
            size = int(line, 16)
            chunk = self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return body
            body += chunk
        return None

    def _answer(self, status: int, document: Any) -> None:
        self._send(status, json.dumps(document).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def served(engine: FakeImageEngine, directory: Path) -> Iterator[str]:
    """The engine at a socket in the directory; gives the docker_host."""
    path = directory / "engine.sock"
    with _Server(str(path), type("Handler", (_Handler,), {"engine": engine})) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            server.shutdown()
            thread.join()
