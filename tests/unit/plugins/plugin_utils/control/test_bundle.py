# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent as a host gets it: a bare Python, no file of ours, no package."""

from __future__ import annotations

import ast
import importlib
import io
import json
import subprocess
import sys
import zipfile
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.bundle import PACKAGE, bundle, starter
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.fleet import AGENTS
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


def run_agent(*lines: bytes) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, the events and what was said beside."""
    ended = subprocess.run(
        [sys.executable, "-I", "-c", starter("layers.agent")],
        input=bundle("layers.agent") + b"".join(lines),
        capture_output=True,
        timeout=30,
        check=False,
        cwd="/",
        env={},
    )
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr.decode()


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


def archive() -> zipfile.ZipFile:
    length, _separator, content = bundle("layers.agent").partition(b"\n")
    assert int(length) == len(content)
    return zipfile.ZipFile(io.BytesIO(content))


def test_it_ends_with_its_input() -> None:
    assert run_agent() == (0, [], "")


def test_a_missing_engine_is_a_clear_failure() -> None:
    code, events = run_command(OBSERVE)
    assert code == 1
    assert [event["event"] for event in events] == ["failed"]
    assert "/absent/docker.sock" in events[0]["msg"]
    assert "Traceback" not in events[0]["msg"]


def test_an_unexpected_error_has_its_place() -> None:
    code, events = run_command({"do": "observe", "arguments": {}})
    assert (code, events[0]["event"]) == (1, "failed")
    assert "KeyError" in events[0]["msg"]


def test_an_address_of_another_host_is_a_clear_failure() -> None:
    keys = RunAuthority().keys_for("h1")
    command = {
        "do": "prepare",
        "address": "192.0.2.7",
        "keys": {"authority": keys.authority, "certificate": keys.certificate, "key": keys.key},
    }
    code, events = run_command(command)
    assert code == 1
    assert "Nothing can listen on 192.0.2.7 of this host" in events[0]["msg"]


PROGRAMS = [name for name in archive().namelist() if name.endswith(".py") and "/module_utils/" in name]


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_carries_all_of_ours_that_it_imports(name: str) -> None:
    """Each relative import names a file of the archive, or a room of it and files there."""
    names, package = set(archive().namelist()), name.split("/")[:-1]
    for node in ast.walk(ast.parse(archive().read(name))):
        if isinstance(node, ast.ImportFrom) and node.level:
            target = "/".join([*package[: len(package) + 1 - node.level], *(node.module or "").split(".")]).rstrip("/")
            inside = {f"{target}/{alias.name}.py" for alias in node.names}
            assert f"{target}.py" in names or inside <= names, ast.unparse(node)


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_needs_the_standard_library_only(name: str) -> None:
    for node in ast.walk(ast.parse(archive().read(name))):
        modules = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            top = (module or "").partition(".")[0]
            assert top in sys.stdlib_module_names or top == "__future__", module


def test_it_carries_the_agent_and_not_the_rest() -> None:
    names = {name.partition("/module_utils/")[2] for name in archive().namelist()}
    assert {"relay/agent.py", "layers/agent.py", "relay/server.py"} <= names
    assert not {"engine/sdk.py", "module.py", "tree/agent.py", "tree/sink.py"} & names


@pytest.mark.parametrize("agent", [*AGENTS.values(), "job.agent", "results.agent"])
def test_each_agent_is_where_it_is_looked_for(agent: str) -> None:
    names = zipfile.ZipFile(io.BytesIO(bundle(agent).partition(b"\n")[2])).namelist()
    assert f"{PACKAGE}.{agent}".replace(".", "/") + ".py" in names
    assert hasattr(importlib.import_module(f"{PACKAGE}.{agent}"), "main")
