# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""More processes than GPUs are refused before anything is started, by the role's own expressions."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.role import convert, options_of, without_prefix
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

ROLE = ROOT / "roles" / "trainer_launch"
TASK = "Refuse more processes than the container has GPUs"


@cache
def role() -> tuple[DataLoader, dict[str, Any], dict[str, Any]]:
    """The loader, the role's variables, and the task."""
    loader = DataLoader()
    loader.set_basedir(str(ROLE))
    files = [ROLE / "defaults" / "main.yml", ROLE / "vars" / "main.yml", ROLE / "tasks" / "assert.yml"]
    defaults, own, tasks = [loader.load_from_file(str(file), trusted_as_template=True) for file in files]
    (task,) = [one for one in tasks if one["name"] == TASK]
    return loader, {**defaults, **own, "inventory_hostname": "gpu-01"}, task


def converted(variables: dict[str, Any]) -> dict[str, Any]:
    """What the role makes of its variables; those of this job without its computed ones."""
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = options_of(specs, "main")
    values = {name: variables[name] for name in options if name in variables and "{{" not in str(variables[name])}
    arguments, problems = convert(options, {}, values)
    assert not problems
    return without_prefix("trainer_launch", arguments)


@pytest.mark.parametrize(
    ("given", "is_refused"),
    [
        ({"trainer_launch_processes_per_host": 8, "nvidia_toolkit_gpu_count": 2}, True),
        ({"trainer_launch_processes_per_host": "3", "nvidia_toolkit_gpu_count": "2"}, True),
        (
            {
                "trainer_launch_processes_per_host": 2,
                "nvidia_toolkit_gpu_count": 2,
                "trainer_launch_gpu_devices": ["1"],
            },
            True,
        ),
        ({"trainer_launch_processes_per_host": 2, "nvidia_toolkit_gpu_count": 2}, False),
        ({"nvidia_toolkit_gpu_count": 8}, False),
        ({"trainer_launch_processes_per_host": 4, "nvidia_toolkit_gpu_count": 0}, False),
        ({"trainer_launch_processes_per_host": 8, "nvidia_toolkit_gpu_count": 2, "trainer_launch_gpu_count": 0}, False),
    ],
)
def test_more_processes_than_gpus_are_refused(given: dict[str, Any], is_refused: bool) -> None:
    loader, known, task = role()
    variables = known | {"trainer_launch_job_command": ["train"]} | given
    variables["trainer_launch_arguments"] = converted(variables)
    templar = Templar(loader, variables=variables)
    asked = all(templar.evaluate_conditional(condition) for condition in task["when"])
    holds = templar.evaluate_conditional(task["ansible.builtin.assert"]["that"])
    assert (asked and not holds) is is_refused
    if is_refused:
        assert "gpu-01" in templar.template(task["ansible.builtin.assert"]["fail_msg"])
