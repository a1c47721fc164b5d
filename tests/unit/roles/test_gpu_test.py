# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program of the GPU test, as far as it needs no torch."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from typing import Any

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

PROGRAM = ROOT / "roles/gpu_check/files/gpu_test.py"
ARGUMENTS = ["--device=cpu", "--size=64", "--seconds=0.1", "--copy-bytes=1048576", "--timeout=20", "--gpus", "a", "b"]


@pytest.fixture
def program() -> Any:
    spec = importlib.util.spec_from_file_location("gpu_test", PROGRAM)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is here")
def test_each_gpu_has_a_result_also_where_nothing_could_be_tested() -> None:
    done = subprocess.run([sys.executable, str(PROGRAM), *ARGUMENTS], capture_output=True, text=True, check=True)
    problem = {"problem": "ModuleNotFoundError: No module named 'torch'"}
    assert json.loads(done.stdout) == {"a": problem, "b": problem}


def started(code: str) -> Any:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_process_that_dies_and_one_that_hangs(program: Any) -> None:
    died = program._result(started("import sys, os; print('x', file=sys.stderr); os.abort()"), time.monotonic() + 20)
    assert died["problem"].startswith("its process ended with -6")
    late = program._result(started("import time; time.sleep(60)"), time.monotonic())
    assert late == {"problem": "the test did not end in time"}


@pytest.mark.parametrize("size", [64, 1024, 8192, 65536])
def test_sums_of_products_are_exact(program: Any, size: int) -> None:
    most = min(program.MOST_OF_BFLOAT16, int((program.EXACT / size) ** 0.5))
    assert most >= 8 and most * most * size <= program.EXACT
