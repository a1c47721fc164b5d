# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a module as Ansible does, from its arguments to its JSON, over a fake engine."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine


def run_module(
    module: ModuleType,
    engine: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    check_mode: bool = False,
    **arguments: Any,
) -> dict[str, Any]:
    """The module's result; C(failed) is in it where it failed."""
    arguments = {**arguments, "_ansible_check_mode": check_mode}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
    monkeypatch.setattr(Engine, "connect", lambda *_args, **_options: engine)
    with pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)
