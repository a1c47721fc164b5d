# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What encrypting costs: the relay's own classes between two hosts, with TLS and without."""

from __future__ import annotations

import dataclasses
import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from tests.bench.images.lab import Lab
from tests.faults.lab import ROOT, LabError

_PROGRAM = Path(__file__).parent / "files" / "pair.py"
_PLUGIN_UTILS = "ansible_collections.distrain.cluster.plugins.plugin_utils"
_IDENTITY = "h0.distrain.invalid"


def prepare(lab: Lab) -> None:
    """Put the program and the relay's modules on both hosts."""
    archive = _product("control.bundle").bundle("relay.agent").partition(b"\n")[2]
    for host in (lab.source, lab.receivers[0]):
        lab.run_on(host, "mkdir -p /var/lib/bench")
        lab.put(host, archive, "/var/lib/bench/relay.zip")
        lab.put(host, _PROGRAM.read_bytes(), "/var/lib/bench/pair.py")


def seconds(lab: Lab, size: int, is_encrypted: bool) -> float:
    """How long so many bytes take from one host to the other."""
    keys = dataclasses.asdict(_product("delivery.keys").RunAuthority().keys_for(_IDENTITY)) if is_encrypted else None
    order = {"address": lab.address(lab.source), "identity": _IDENTITY, "keys": keys, "size": size}
    with _start(lab, lab.source, {**order, "do": "serve"}) as server:
        try:
            serving = _answer(server)
            with _start(lab, lab.receivers[0], {**order, **serving, "do": "fetch"}) as client:
                return float(_answer(client)["seconds"])
        finally:
            server.stdin.close()  # type: ignore[union-attr]


def _product(module: str) -> Any:
    """A module of the collection, which is importable by its full name only where somebody has seen to that."""
    if not any(isinstance(finder, _AnsibleCollectionFinder) for finder in sys.meta_path):
        _AnsibleCollectionFinder(paths=[str(ROOT / ".collections"), *sys.path])._install()
    return importlib.import_module(f"{_PLUGIN_UTILS}.{module}")


def _start(lab: Lab, host: str, order: Mapping[str, Any]) -> subprocess.Popen[str]:
    command = ["docker", "--host", lab.engine, "exec", "-i", "--env=PYTHONPATH=/var/lib/bench/relay.zip"]
    program = [lab.container(host), "timeout", "120", "python3", "/var/lib/bench/pair.py"]
    started = subprocess.Popen([*command, *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    started.stdin.write(json.dumps(order) + "\n")  # type: ignore[union-attr]
    started.stdin.flush()  # type: ignore[union-attr]
    return started


def _answer(program: subprocess.Popen[str]) -> dict[str, Any]:
    line = program.stdout.readline()  # type: ignore[union-attr]
    if not line:
        raise LabError("the pair of relay classes has failed")
    return json.loads(line)
