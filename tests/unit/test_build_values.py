# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.build_values import problems_in

GOOD: dict[str, Any] = {
    "name": "distrain/llama-factory:e3d8fc7",
    "base_image": "nvcr.io/nvidia/pytorch:24.01-py3",
    "base_has_project": False,
    "apt_mirror": "",
    "apt_packages": ["git", "g++", "libc6:amd64", "git=1:2.43.0-1"],
    "git_repository": "https://github.com/hiyouga/LLaMA-Factory.git",
    "git_commit": "e3d8fc75eb2cfc54efd35bfd9ad6c4ac5acc458c",
    "git_directory": "/app",
    "extras": ["deepspeed", "liger-kernel"],
    "pip_requirements": ["pyarrow<20", "trl>=0.8; python_version > '3.8'"],
    "python_venv": "",
    "imports": ["llamafactory.train.tuner"],
    "locale": "en_US.UTF-8",
    "timezone": "UTC",
    "environment": {"HF_HOME": "/root/.cache"},
    "labels": {"org.example/x": "y"},
    "files": [{"src": "a", "dest": "/etc/a", "mode": "0600"}],
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "registry.example.org:5000/team/trainer:1"},
        {"base_image": "debian"},
        {"base_image": "debian@sha256:" + "0" * 64},
        {"git_repository": "", "git_commit": ""},
        {"git_repository": "git@github.com:team/trainer.git"},
        {"git_repository": "/srv/git/trainer", "pip_requirements": []},
        {"git_repository": "", "pip_requirements": [], "base_has_project": True},
        {"apt_mirror": "https://mirror.example.org/ubuntu"},
        {"locale": "C"},
        {"timezone": "America/Argentina/Buenos_Aires"},
    ],
)
def test_good_values(changes: dict[str, Any]) -> None:
    assert problems_in({**GOOD, **changes}) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "Team/Trainer:1"}, "image_build_name is 'Team/Trainer:1', but should be an image name"),
        ({"name": "team/trainer"}, "image_build_name is 'team/trainer', but should be an image name with a tag"),
        ({"base_image": "a b"}, "image_build_base_image is 'a b'"),
        ({"apt_mirror": "https://me:secret@mirror"}, "without a password"),
        ({"apt_mirror": "https://mirror/#x"}, "image_build_apt_mirror"),
        ({"apt_packages": ["git; reboot"]}, "image_build_apt_packages holds 'git; reboot'"),
        ({"apt_packages": ["-o=x"]}, "image_build_apt_packages holds '-o=x'"),
        ({"extras": ["a]"]}, "image_build_extras holds 'a]'"),
        ({"imports": ["os; print(1)"]}, "image_build_imports holds 'os; print(1)'"),
        ({"pip_requirements": ["--pre"]}, "image_build_pip_requirements holds '--pre'"),
        ({"pip_requirements": ["a\nb"]}, "one requirement on one line"),
        ({"git_commit": "main"}, "image_build_git_commit is 'main', but should be all 40 digits"),
        ({"git_repository": "https://me:secret@git/x"}, "image_build_git_repository holds a password"),
        ({"git_repository": "", "pip_requirements": []}, "are both empty"),
        ({"git_directory": "app"}, "image_build_git_directory is 'app'"),
        ({"python_venv": "/opt/a b"}, "image_build_python_venv is '/opt/a b'"),
        ({"locale": "en_US"}, "image_build_locale is 'en_US'"),
        ({"timezone": "../UTC"}, "image_build_timezone is '../UTC'"),
        ({"environment": {"A B": "1"}}, "image_build_environment holds 'A B'"),
        ({"environment": {"A": "1\n2"}}, "image_build_environment gives A a value of several lines"),
        ({"labels": {"A": "1\n2"}}, "image_build_labels gives A"),
        ({"files": [{"src": "a", "dest": "etc"}]}, "image_build_files wants to write 'etc'"),
        ({"files": [{"src": "a", "dest": "/etc/a", "mode": "u+x"}]}, "the mode 'u+x'"),
    ],
)
def test_bad_values(changes: dict[str, Any], problem: str) -> None:
    problems = problems_in({**GOOD, **changes})
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_password_is_not_repeated() -> None:
    assert "secret" not in problems_in({**GOOD, "git_repository": "https://me:secret@git/x"})[0]


def test_every_problem_is_told_at_once() -> None:
    assert len(problems_in({**GOOD, "name": "", "locale": "", "git_commit": ""})) == 3
