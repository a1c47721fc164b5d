# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pages of the report as the playbook writes them, and a browser to look at them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.unit.support import report_artifacts

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MANY_HOSTS = tuple(f"gpu-{number:02}.rack-{number % 3}.example" for number in range(24))
FAILURE = "Rank 1 of job long on host gpu-02 ended with exit code 1. Its last lines:\n  " + "x" * 300


@dataclass
class Seen:
    """A page in the browser, what it asked for and what it complained about."""

    page: Page
    requests: list[str]
    complaints: list[str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(f"None of {', '.join(BROWSERS)} is installed: make report-test installs one on Debian.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found)
        yield started
        started.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By name: an ordinary job and cluster, ones with much, with nothing, and with something evil in every text."""
    good, large, empty, evil = (tmp_path_factory.mktemp(name) for name in ("good", "large", "empty", "evil"))
    report_artifacts.write_all(good)
    report_artifacts.write_job(large, "long", MANY_HOSTS)
    job = report_artifacts.job("long", MANY_HOSTS)
    (large / "long" / "job.json").write_text(json.dumps({**job, "outcome": "failed", "message": FAILURE}))
    matrix = report_artifacts.matrix(MANY_HOSTS, lost=MANY_HOSTS[:2])
    (large / "overlay-matrix.json").write_text(json.dumps(matrix))
    (empty / "sft").mkdir()
    report_artifacts.write_all(evil)
    report_artifacts.poison(evil)
    return {
        "job": _write_page(good, "sft"),
        "cluster": _write_page(good, ""),
        "large-job": _write_page(large, "long"),
        "large-cluster": _write_page(large, ""),
        "empty-job": _write_page(empty, "sft"),
        "empty-cluster": _write_page(empty, ""),
        "evil-job": _write_page(evil, "sft"),
        "evil-cluster": _write_page(evil, ""),
    }


def _write_page(directory: Path, job: str) -> Path:
    variables = json.dumps({"report_job": job, "report_artifacts_directory": str(directory)})
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "playbooks/report.yml", "--extra-vars", variables]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory / job / "report.html"
