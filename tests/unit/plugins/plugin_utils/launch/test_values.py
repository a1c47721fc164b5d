# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names and values of a trainer that cannot work, before anything of them is written."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.values import problems_in
from ansible_collections.distrain.cluster.tests.unit.support.json_values import JSON, TECHNICAL
from hypothesis import given
from hypothesis import strategies as st

GOOD: dict[str, Any] = {
    "name": "llama-factory",
    "job_name": "sft",
    "network": "distrain",
    "directory": "/var/lib/distrain/trainers/llama-factory",
    "environment": {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": 8, "LINES": "a\nb", "EMOJI": "\U0001f600"},
    "job_environment": {},
    "job_secrets": {"HF_TOKEN": "hf_secret"},
    "ulimits": {"memlock": -1, "stack": 67108864, "nofile": "1048576"},
    "job_config": {"learning_rate": "5e-5"},
    "job_output_directory": "/app/output/sft",
    "resume_setting": "resume_from_checkpoint",
    "requirements": {"engine_min": "25", "python_min": "3.10", "driver_min": 525},
}
# With the name of the host and a dash, the container's has 63 letters.
LONGEST = "t" * 56


def found_in(changes: dict[str, Any]) -> list[str]:
    """The problems of the good values with these changes, on gpu-01 or on the C(host) that they name."""
    return problems_in({**GOOD, **changes}, changes.get("host", "gpu-01"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"host": "gpu-01.example.org"},
        {"host": "10.0.0.1"},
        {"name": LONGEST},
        {"network": "n" * 63},
        {"job_name": "j" * 128},
        {"job_name": "Llama-3.1_sft"},
        {"job_config": {"output_dir": "/app/output/sft/"}},
        {"ulimits": {}},
    ],
)
def test_good_values(changes: dict[str, Any]) -> None:
    assert found_in(changes) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": LONGEST + "t"}, "-gpu-01 has 64 characters, and a host name may have 63"),
        ({"name": "t" * 58, "host": "a"}, "-webui has 64 characters"),
        ({"host": "h" * 50}, "has 64 characters, and a host name may have 63. Shorten trainer_launch_name (13) or"),
        ({"name": "Trainer"}, "trainer_launch_name is 'Trainer'"),
        ({"name": "-t"}, "has to begin with a letter or a digit"),
        ({"name": "t\n"}, r"trainer_launch_name is 't\n'"),
        ({"host": "2001:db8::1"}, "Host 2001:db8::1: its container would be named 'llama-factory-2001:db8::1'"),
        ({"host": "gpu..1"}, "single dots alone"),
        ({"host": "gpu 1"}, "ansible_host"),
        ({"host": "webui"}, "Host webui has the name that the trainer's own container llama-factory-webui needs"),
        ({"job_name": "../sft"}, "trainer_launch_job_name is '../sft'"),
        ({"job_name": "sft\n"}, "trainer_launch_job_name is"),
        ({"job_name": "j" * 129}, "trainer_launch_job_name has 129 characters, but may have 128"),
        ({"network": "n" * 64}, "trainer_launch_network has 64 characters"),
        ({"network": "my.net"}, "trainer_launch_network is 'my.net'"),
        ({"network": "net-"}, "trainer_launch_network is 'net-'"),
        ({"directory": "/srv/a:b"}, "trainer_launch_directory is '/srv/a:b'"),
        ({"directory": "srv"}, "trainer_launch_directory is 'srv'"),
        ({"directory": "/srv/../etc"}, "trainer_launch_directory is '/srv/../etc'"),
        ({"environment": {"A=B": "1"}}, "trainer_launch_environment holds 'A=B'"),
        ({"environment": {"A B": "1"}}, "trainer_launch_environment holds 'A B'"),
        ({"environment": {5: "1"}}, "trainer_launch_environment holds 5"),
        ({"environment": {"A": None}}, "trainer_launch_environment gives A no value"),
        ({"environment": {"A": False}}, "trainer_launch_environment gives A the value false without quotes"),
        ({"environment": {"A": [1]}}, "trainer_launch_environment gives A a list, but it has to be a text"),
        ({"environment": {"A": "a\0b"}}, "a value with a NUL"),
        ({"environment": {"A": "\ud83d"}}, "or with half of a character"),
        ({"environment": "A=1"}, "trainer_launch_environment is a text, but has to be a dictionary"),
        ({"job_environment": {"A": {}}}, "trainer_launch_job_environment gives A a dictionary"),
        ({"job_secrets": {"HF_TOKEN": ["hf_secret"]}}, "trainer_launch_job_secrets gives HF_TOKEN a list"),
        ({"ulimits": {"memlok": -1}}, "trainer_launch_ulimits holds 'memlok', but known are core, cpu"),
        ({"ulimits": {"memlock": "unlimited"}}, "gives memlock 'unlimited', but it has to be a whole number"),
        ({"ulimits": {"memlock": -2}}, "gives memlock -2"),
        ({"ulimits": {"nofile": 1.5}}, "gives nofile 1.5"),
        ({"ulimits": {"nofile": {"soft": 1, "hard": 2}}}, "gives nofile {'soft': 1"),
        ({"ulimits": {"nofile": True}}, "gives nofile True"),
        ({"ulimits": [1]}, "trainer_launch_ulimits is a list"),
        ({"job_config": {"output_dir": "saves/sft"}}, "trainer_launch_job_config has output_dir 'saves/sft', but"),
        ({"job_config": ["a"]}, "trainer_launch_job_config is a list"),
        ({"resume_setting": "a: b"}, "trainer_launch_resume_setting is 'a: b'"),
        ({"requirements": {"python_min": 3.1}}, "YAML makes 3.1 of 3.10. Write it in quotes, such as python_min:"),
        ({"requirements": ["a"]}, "trainer_launch_requirements is a list"),
    ],
)
def test_bad_values(changes: dict[str, Any], problem: str) -> None:
    (found,) = found_in(changes)
    assert problem in found
    assert "hf_secret" not in found


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, JSON | TECHNICAL)), TECHNICAL)
def test_whatever_the_values_the_answer_is_sentences(changes: dict[str, Any], host: str) -> None:
    assert all(isinstance(one, str) for one in problems_in({**GOOD, **changes}, host))
