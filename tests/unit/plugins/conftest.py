# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module that runs here over a fake engine, an engine at a real socket, and an ssh that runs commands here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import FakeImageEngine, served
from ansible_collections.distrain.cluster.tests.unit.support.fake_ssh import fake_ssh


@pytest.fixture
def run_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a module as Ansible does, from its arguments to its JSON; C(failed) is in it where it failed."""

    def run(module: ModuleType, engine: object = None, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        arguments = {**arguments, "_ansible_check_mode": check_mode}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
        monkeypatch.setattr(Engine, "connect", lambda *_args, **_options: engine)
        with pytest.raises(SystemExit):
            module.main()
        # Ansible takes these for itself, as a secret that it is to mask.
        return {
            name: value
            for name, value in json.loads(capsys.readouterr().out).items()
            if not name.startswith("_ansible_")
        }

    return run


@pytest.fixture
def engine(fake: FakeImageEngine, tmp_path: Path) -> Iterator[EngineSocket]:
    """The engine C(fake) of a test, through its socket."""
    with served(fake, tmp_path) as docker_host:
        yield EngineSocket(docker_host, timeout=5)


@pytest.fixture
def ssh(tmp_path: Path) -> str:
    return fake_ssh(tmp_path)
