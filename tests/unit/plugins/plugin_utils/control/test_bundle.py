# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent as a host gets it: a bare Python, no file of ours, no package."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import io
import json
import subprocess
import sys
import zipfile
from functools import cache
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.bundle import PACKAGE, bundle, starter
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import AGENTS
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority

OBSERVE = {
    "do": "observe",
    "arguments": {
        "name": "team/trainer:1",
        "docker_host": "unix:///absent/docker.sock",
        "engine_timeout": 5,
        "spool_directory": "/absent/spool",
        "spool_limit": 1000,
    },
}


def run_command(command: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    """Keep the input open, as the controller does, until the agent has ended."""
    with subprocess.Popen(
        [sys.executable, "-I", "-c", starter("layers.agent")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env={},
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(bundle("layers.agent") + json.dumps(command).encode() + b"\n")
        process.stdin.flush()
        events = [json.loads(line) for line in process.stdout]
        return process.wait(30), events


@cache
def archive(agent: str) -> zipfile.ZipFile:
    length, _separator, content = bundle(agent).partition(b"\n")
    assert int(length) == len(content)
    return zipfile.ZipFile(io.BytesIO(content))


def test_it_ends_with_its_input() -> None:
    command = [sys.executable, "-I", "-c", starter("layers.agent")]
    ended = subprocess.run(command, input=bundle("layers.agent"), capture_output=True, timeout=30, check=False, env={})
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def prepare(address: str) -> dict[str, Any]:
    keys = dataclasses.asdict(RunAuthority().keys_for("h1"))
    return {"do": "prepare", "host": "gpu-01", "address": address, "ports": None, "keys": keys}


@pytest.mark.parametrize(
    ("command", "words", "has_place"),
    [
        (OBSERVE, "/absent/docker.sock", False),
        (prepare("192.0.2.7"), "Nothing can listen on 192.0.2.7 of gpu-01", False),
        ({"do": "observe", "arguments": {}}, "KeyError", True),
    ],
    ids=["a missing engine", "an address of another host", "an unexpected error"],
)
def test_a_failure_is_a_message(command: dict[str, Any], words: str, has_place: bool) -> None:
    code, events = run_command(command)
    assert (code, [event["event"] for event in events]) == (1, ["failed"])
    assert words in events[0]["msg"]
    assert ("Traceback" in events[0]["msg"]) is has_place


EVERY_AGENT = [*AGENTS.values(), "keeper.daemon", "results.agent"]
PROGRAMS = [(agent, name) for agent in EVERY_AGENT for name in archive(agent).namelist() if name.endswith(".py")]


@pytest.mark.parametrize(("agent", "name"), PROGRAMS)
def test_it_carries_all_of_ours_that_it_imports(agent: str, name: str) -> None:
    """Each relative import names a file of the archive, or a room of it and files there."""
    names, package = set(archive(agent).namelist()), name.split("/")[:-1]
    for node in ast.walk(ast.parse(archive(agent).read(name))):
        if isinstance(node, ast.ImportFrom) and node.level:
            target = "/".join([*package[: len(package) + 1 - node.level], *(node.module or "").split(".")]).rstrip("/")
            inside = {f"{target}/{alias.name}.py" for alias in node.names}
            assert f"{target}.py" in names or inside <= names, ast.unparse(node)


@pytest.mark.parametrize(("agent", "name"), PROGRAMS)
def test_it_needs_the_standard_library_only(agent: str, name: str) -> None:
    for node in ast.walk(ast.parse(archive(agent).read(name))):
        modules = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            top = (module or "").partition(".")[0]
            assert top in sys.stdlib_module_names or top == "__future__", module


@pytest.mark.parametrize(
    ("agent", "has", "lacks"),
    [
        ("layers.agent", {"relay/agent.py", "layers/agent.py", "relay/server.py"}, {"tree/agent.py", "tree/sink.py"}),
        ("keeper.daemon", {"keeper/agent.py", "job/description.py", "follow/follower.py"}, {"layers/agent.py"}),
    ],
)
def test_it_carries_the_agent_and_not_the_rest(agent: str, has: set[str], lacks: set[str]) -> None:
    names = {name.partition("/module_utils/")[2] for name in archive(agent).namelist()}
    assert has <= names
    assert not {"engine/sdk.py", "module.py", *lacks} & names


@pytest.mark.parametrize("agent", EVERY_AGENT)
def test_each_agent_is_where_it_is_looked_for(agent: str) -> None:
    assert f"{PACKAGE}.{agent}".replace(".", "/") + ".py" in archive(agent).namelist()
    assert hasattr(importlib.import_module(f"{PACKAGE}.{agent}"), "main")
