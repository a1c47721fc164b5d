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
from ansible_collections.distrain.cluster.plugins.module_utils.relay_agent import KINDS
from ansible_collections.distrain.cluster.plugins.plugin_utils.relay_bundle import PACKAGE, bundle, starter
from ansible_collections.distrain.cluster.plugins.plugin_utils.relay_keys import RunAuthority

OBSERVE = {
    "do": "observe",
    "kind": "image",
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
        [sys.executable, "-I", "-c", starter("relay_agent")],
        input=bundle("relay_agent", "image_relay") + b"".join(lines),
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
        [sys.executable, "-I", "-c", starter("relay_agent")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env={},
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(bundle("relay_agent", "image_relay") + json.dumps(command).encode() + b"\n")
        process.stdin.flush()
        events = [json.loads(line) for line in process.stdout]
        return process.wait(30), events


def archive() -> zipfile.ZipFile:
    length, _separator, content = bundle("relay_agent", "image_relay").partition(b"\n")
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


def test_what_nobody_foresaw_is_told_with_its_place() -> None:
    code, events = run_command({"do": "observe", "kind": "image", "arguments": {}})
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


@pytest.mark.parametrize("name", [name for name in archive().namelist() if name.endswith(".py")])
def test_it_carries_all_of_ours_that_it_imports(name: str) -> None:
    nodes = [node for node in ast.walk(ast.parse(archive().read(name))) if isinstance(node, ast.ImportFrom)]
    ours = [node.module for node in nodes if node.module and node.module.startswith("ansible_collections.")]
    assert {f"{module.replace('.', '/')}.py" for module in ours} <= set(archive().namelist())


@pytest.mark.parametrize("name", [name for name in archive().namelist() if name.endswith(".py")])
def test_it_needs_the_standard_library_only(name: str) -> None:
    for node in ast.walk(ast.parse(archive().read(name))):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            top = (module or "").partition(".")[0]
            ours = (module or "").startswith("ansible_collections.distrain.cluster.plugins.module_utils.")
            assert ours or top in sys.stdlib_module_names or top == "__future__", module


def test_it_carries_the_agent_and_not_the_rest() -> None:
    names = {name.rpartition("/")[2] for name in archive().namelist()}
    assert {"relay_agent.py", "image_relay.py", "relay_server.py"} <= names
    assert not {"engine.py", "module.py", "tree_relay.py", "tree_sink.py"} & names


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_where_the_agent_looks_for_it(kind: str) -> None:
    module, name = KINDS[kind]
    names = zipfile.ZipFile(io.BytesIO(bundle("relay_agent", module).partition(b"\n")[2])).namelist()
    assert f"{PACKAGE.replace('.', '/')}/{module}.py" in names
    assert hasattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
