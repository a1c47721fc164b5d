# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent's whole program, whose input ends within a layer, as when the controller is interrupted."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_config
from ansible_collections.distrain.cluster.plugins.module_utils.image.prefix import WantedImage
from ansible_collections.distrain.cluster.plugins.module_utils.layers.holding import LOCK_DIRECTORY
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.bundle import bundle, starter
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine, served
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage, sha256
from ansible_collections.distrain.cluster.tests.unit.support.relay_hosts import MemorySource, start_source
from ansible_collections.distrain.cluster.tests.unit.support.waiting import wait_until

IMAGE = TestImage(layers=(os.urandom(600_000), os.urandom(6_000_000)))
NAME = "team/trainer:1"


def program_with_locks_in(directory: Path) -> bytes:
    """The agent's program; its locks lie in a directory that only root may write to."""
    original = zipfile.ZipFile(io.BytesIO(bundle("layers.agent").partition(b"\n")[2]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in original.namelist():
            content = original.read(name).replace(f'"{LOCK_DIRECTORY}"'.encode(), f'"{directory}"'.encode())
            archive.writestr(name, content)
    return b"%d\n" % len(buffer.getvalue()) + buffer.getvalue()


class Agent:
    def __init__(self, program: bytes) -> None:
        command = [sys.executable, "-I", "-c", starter("layers.agent")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._write(program)

    def send(self, **command: Any) -> None:
        self._write(json.dumps(command).encode() + b"\n")

    def ask(self, **command: Any) -> dict[str, Any]:
        self.send(**command)
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def _write(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()


def test_an_agent_whose_input_ends_keeps_what_it_had_of_a_layer(tmp_path: Path) -> None:
    authority, spool = RunAuthority(), tmp_path / "spool"
    peer, sent = start_source(authority, MemorySource(IMAGE.layers, piece_pause=0.03))
    identity = identity_of_config(IMAGE.config_file)
    wanted = WantedImage(NAME, identity, "amd64", sizes=tuple(map(len, IMAGE.layers)))
    fake = FakeImageEngine()
    with served(fake, tmp_path) as docker_host:
        agent = Agent(program_with_locks_in(tmp_path / "locks"))
        arguments = {"name": NAME, "docker_host": docker_host, "engine_timeout": 5, "spool_limit": 10**6}
        agent.ask(do="observe", kind="image", arguments={**arguments, "spool_directory": str(spool)})
        keys = dataclasses.asdict(authority.keys_for("h1"))
        agent.ask(do="prepare", host="h1", address="127.0.0.1", ports=None, keys=keys)
        agent.send(
            do="receive",
            receives=[0, 2],  # the items as runs: from 0 on, two
            keeps=[0, 2],
            digests=[sha256(layer) for layer in IMAGE.layers],
            peers=[dataclasses.asdict(peer)],
            is_last=True,
            patience=10,
            arguments={"wanted": wanted.to_dict(), "first": 0, "largest": len(IMAGE.layers[1])},
        )
        wait_until(lambda: sum(sent) > 3_000_000)
        agent.process.communicate(timeout=30)
        assert agent.process.returncode == 0
    assert (tmp_path / "locks").is_dir()
    assert fake.names == {f"{wanted.repository}:1": fake.names[f"{wanted.repository}:1"]}, "what came whole"
    (left,) = (path for path in spool.iterdir() if path.name != ".distrain-spool")
    assert left.name == f".begun-{sha256(IMAGE.layers[1])}-{len(IMAGE.layers[1])}"
    content = left.read_bytes()
    assert IMAGE.layers[1].startswith(content)
    assert len(content) > 1_500_000
