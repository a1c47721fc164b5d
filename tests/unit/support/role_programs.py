# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that roles bring to the hosts, as modules of a test."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from ansible_collections.distrain.cluster.plugins.module_utils.engine import client
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

ROLES = ROOT / "roles"


def load_program(role: str, name: str) -> ModuleType:
    sys.modules["distrain_engine_client"] = client  # under the name that it has beside the programs on a host
    spec = importlib.util.spec_from_file_location(name, ROLES / role / "files" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
