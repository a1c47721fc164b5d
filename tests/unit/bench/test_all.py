# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The benches are run by hand, weeks apart: what they import must be there until then."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT


def parts() -> list[Path]:
    return sorted((ROOT / "tests/bench").glob("*/*.py"))


@pytest.mark.parametrize("path", parts(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_bench_can_be_started(path: Path) -> None:
    importlib.import_module(f"tests.bench.{path.parent.name}.{path.stem}")
