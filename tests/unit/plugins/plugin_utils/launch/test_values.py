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
HOST = "gpu-01"
# With the name of the host and a dash, the container's has 63 letters.
LONGEST = "t" * 56


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({}, HOST),
        ({}, "gpu-01.example.org"),
        ({}, "10.0.0.1"),
        ({"name": LONGEST}, HOST),
        ({"network": "n" * 63}, HOST),
        ({"job_name": "j" * 128}, HOST),
        ({"job_name": "Llama-3.1_sft"}, HOST),
        ({"job_config": {"output_dir": "/app/output/sft/"}}, HOST),
        ({"ulimits": {}}, HOST),
    ],
)
def test_good_values(changes: dict[str, Any], host: str) -> None:
    assert problems_in({**GOOD, **changes}, host) == []


@pytest.mark.parametrize(
    ("changes", "host", "problem"),
    [
        ({"name": LONGEST + "t"}, HOST, "-gpu-01 has 64 characters, and a host name may have 63"),
        ({"name": "t" * 58}, "a", "-webui has 64 characters"),
        ({}, "h" * 50, "has 64 characters, and a host name may have 63. Shorten trainer_launch_name (13) or"),
        ({"name": "Trainer"}, HOST, "trainer_launch_name is 'Trainer'"),
        ({"name": "-t"}, HOST, "has to begin with a letter or a digit"),
        ({"name": "t\n"}, HOST, r"trainer_launch_name is 't\n'"),
        ({}, "2001:db8::1", "Host 2001:db8::1: its container would be named 'llama-factory-2001:db8::1'"),
        ({}, "gpu..1", "single dots alone"),
        ({}, "gpu 1", "ansible_host"),
        ({}, "webui", "Host webui has the name that the trainer's own container llama-factory-webui needs"),
        ({"job_name": "../sft"}, HOST, "trainer_launch_job_name is '../sft'"),
        ({"job_name": "sft\n"}, HOST, "trainer_launch_job_name is"),
        ({"job_name": "j" * 129}, HOST, "trainer_launch_job_name has 129 characters, but may have 128"),
        ({"network": "n" * 64}, HOST, "trainer_launch_network has 64 characters"),
        ({"network": "my.net"}, HOST, "trainer_launch_network is 'my.net'"),
        ({"network": "net-"}, HOST, "trainer_launch_network is 'net-'"),
        ({"directory": "/srv/a:b"}, HOST, "trainer_launch_directory is '/srv/a:b'"),
        ({"directory": "srv"}, HOST, "trainer_launch_directory is 'srv'"),
        ({"directory": "/srv/../etc"}, HOST, "trainer_launch_directory is '/srv/../etc'"),
        ({"environment": {"A=B": "1"}}, HOST, "trainer_launch_environment holds 'A=B'"),
        ({"environment": {"A B": "1"}}, HOST, "trainer_launch_environment holds 'A B'"),
        ({"environment": {5: "1"}}, HOST, "trainer_launch_environment holds 5"),
        ({"environment": {"A": None}}, HOST, "trainer_launch_environment gives A no value"),
        ({"environment": {"A": False}}, HOST, "trainer_launch_environment gives A the value false without quotes"),
        ({"environment": {"A": [1]}}, HOST, "trainer_launch_environment gives A a list, but it has to be a text"),
        ({"environment": {"A": "a\0b"}}, HOST, "a value with a NUL"),
        ({"environment": {"A": "\ud83d"}}, HOST, "or with half of a character"),
        ({"environment": "A=1"}, HOST, "trainer_launch_environment is a text, but has to be a dictionary"),
        ({"job_environment": {"A": {}}}, HOST, "trainer_launch_job_environment gives A a dictionary"),
        ({"job_secrets": {"HF_TOKEN": ["hf_secret"]}}, HOST, "trainer_launch_job_secrets gives HF_TOKEN a list"),
        ({"ulimits": {"memlok": -1}}, HOST, "trainer_launch_ulimits holds 'memlok', but known are core, cpu"),
        ({"ulimits": {"memlock": "unlimited"}}, HOST, "gives memlock 'unlimited', but it has to be a whole number"),
        ({"ulimits": {"memlock": -2}}, HOST, "gives memlock -2"),
        ({"ulimits": {"nofile": 1.5}}, HOST, "gives nofile 1.5"),
        ({"ulimits": {"nofile": {"soft": 1, "hard": 2}}}, HOST, "gives nofile {'soft': 1"),
        ({"ulimits": {"nofile": True}}, HOST, "gives nofile True"),
        ({"ulimits": [1]}, HOST, "trainer_launch_ulimits is a list"),
        (
            {"job_config": {"output_dir": "saves/sft"}},
            HOST,
            "trainer_launch_job_config has output_dir 'saves/sft', but",
        ),
        ({"job_config": ["a"]}, HOST, "trainer_launch_job_config is a list"),
        ({"resume_setting": "a: b"}, HOST, "trainer_launch_resume_setting is 'a: b'"),
        (
            {"requirements": {"python_min": 3.1}},
            HOST,
            "YAML makes 3.1 of 3.10. Write it in quotes, such as python_min:",
        ),
        ({"requirements": ["a"]}, HOST, "trainer_launch_requirements is a list"),
    ],
)
def test_bad_values(changes: dict[str, Any], host: str, problem: str) -> None:
    (found,) = problems_in({**GOOD, **changes}, host)
    assert problem in found
    assert "hf_secret" not in found


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, JSON | TECHNICAL)), TECHNICAL)
def test_whatever_the_values_the_answer_is_sentences(changes: dict[str, Any], host: str) -> None:
    assert all(isinstance(one, str) for one in problems_in({**GOOD, **changes}, host))
