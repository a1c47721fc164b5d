# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every scenario runs in one of the workflows, in those of each change or nightly."""

from __future__ import annotations

import yaml
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT


def test_every_scenario_runs_in_one_workflow() -> None:
    workflows = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    run = [
        scenario
        for workflow in workflows
        for job in workflow["jobs"].values()
        for scenario in job.get("strategy", {}).get("matrix", {}).get("scenario", [])
    ]
    assert sorted(run) == sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
