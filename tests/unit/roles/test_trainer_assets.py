# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the lab makes for its trainer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

SCRIPT = ROOT / "roles/lab/files/make_trainer_assets.py"


def make(directory: Path) -> list[str]:
    command = [sys.executable, str(SCRIPT), str(directory)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_it_is_made_once_and_always_the_same(tmp_path: Path) -> None:
    assert len(make(tmp_path / "one")) == 5
    assert make(tmp_path / "one") == []
    make(tmp_path / "two")
    for path in (tmp_path / "one").rglob("*.json"):
        assert path.read_text() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_text()


def test_the_tokenizer_knows_every_byte_and_the_model_every_token(tmp_path: Path) -> None:
    make(tmp_path)
    model = tmp_path / "models/tiny-llama"
    vocabulary = json.loads((model / "tokenizer.json").read_text())["model"]["vocab"]
    assert len(vocabulary) == 256 + 4
    assert sorted(vocabulary.values()) == list(range(260))
    assert json.loads((model / "config.json").read_text())["vocab_size"] == 260
