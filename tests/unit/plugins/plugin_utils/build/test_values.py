# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.filter.dockerfile_value import dockerfile_value
from ansible_collections.distrain.cluster.plugins.filter.exec_form import exec_form
from ansible_collections.distrain.cluster.plugins.plugin_utils.build.values import TEXT_LISTS, TEXTS, problems_in
from ansible_collections.distrain.cluster.tests.unit.support.json_values import JSON, TECHNICAL
from hypothesis import given
from hypothesis import strategies as st

GOOD: dict[str, Any] = {
    "name": "distrain/llama-factory:e3d8fc7",
    "base_image": "nvcr.io/nvidia/pytorch:24.01-py3",
    "base_has_project": False,
    "apt_mirror": "",
    "apt_mirrors": "",
    "git_mirror": "",
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
ALL = {*GOOD, *TEXTS, *TEXT_LISTS, "extra_commands"}


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
        ({"apt_mirrors": "https://mirror/#x"}, "image_build_apt_mirrors"),
        ({"git_mirror": "ftp://mirror"}, "image_build_git_mirror"),
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
        ({"files": [{"src": "a", "dest": "/etc/"}]}, "that of the file itself"),
        ({"files": [{"src": "a"}]}, "image_build_files has to be a list of dictionaries, each with a src and a dest"),
        ({"files": ["a"]}, "image_build_files has to be a list of dictionaries"),
        ({"files": {"src": "a", "dest": "/a"}}, "image_build_files has to be a list of dictionaries"),
        ({"pip_requirements": ["a\rRUN b"]}, "one requirement on one line"),
        ({"pip_requirements": ["a\u2028--pre"]}, "one requirement on one line"),
        ({"pip_requirements": ["a\x0b-r b"]}, "one requirement on one line"),
        ({"pip_requirements": ["a \\"]}, "one requirement on one line"),
        ({"pip_requirements": ["# a"]}, "one requirement on one line"),
        ({"pip_requirements": [""]}, "one requirement on one line"),
        ({"pip_requirements": "a"}, "image_build_pip_requirements is a text, but has to be a list of texts"),
        ({"pip_requirements": [5]}, "image_build_pip_requirements holds a number, but"),
        ({"pip_arguments": ["--a\nRUN b"]}, "image_build_pip_arguments holds a space or the end of a line"),
        ({"pip_index_url": "https://me:secret@a\n[install]"}, "image_build_pip_index_url holds a space or the end"),
        ({"pip_trusted_hosts": ["a b"]}, "image_build_pip_trusted_hosts holds a space"),
        ({"git_repository": "--upload-pack=reboot"}, "would be an option of git"),
        ({"git_commit": 10**39}, "image_build_git_commit is a number, but has to be a text; write it in quotes"),
        ({"environment": ["A=1"]}, "image_build_environment is a list, but has to be a dictionary"),
        ({"environment": {"A": True}}, "image_build_environment gives A the value true without quotes"),
        ({"environment": {"A": None}}, 'image_build_environment gives A no value. Write ""'),
        ({"environment": {"A": {"b": 1}}}, "image_build_environment gives A a dictionary"),
        ({"environment": {"A=B": "1"}}, "image_build_environment holds 'A=B'"),
        ({"environment": {"": "1"}}, "image_build_environment holds ''"),
        ({"labels": {"a\nRUN b": "1"}}, "a value of several lines"),
        ({"labels": {"a": "1\r2"}}, "a value of several lines"),
        ({"labels": {"a": ["1"]}}, "image_build_labels gives a a list"),
        ({"labels": "a"}, "image_build_labels is a text"),
        ({"extra_commands": ["ls /opt"]}, "image_build_extra_commands has to be a list of commands"),
        ({"extra_commands": [["ls", {"a": 1}]]}, "image_build_extra_commands gives ls a dictionary"),
        ({"extra_commands": [[]]}, "image_build_extra_commands has to be a list of commands"),
        ({"name": 5}, "image_build_name is a number"),
        ({"name": None}, "image_build_name is nothing"),
    ],
)
def test_bad_values(changes: dict[str, Any], problem: str) -> None:
    problems = problems_in({**GOOD, **changes})
    assert len(problems) == 1
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("mode", "written"),
    [
        # What PyYAML makes of 0644, 0600, 01777, and of 644, 755 and 8.
        (420, '"0644" or "0420"'),
        (384, '"0600"'),
        (1023, '"01777" or "01023"'),
        (644, '"01204" or "0644"'),
        (755, '"01363" or "0755"'),
        (8, '"0644"'),
        (-1, '"0644"'),
    ],
)
def test_a_mode_without_quotes_is_refused_with_what_to_write(mode: int, written: str) -> None:
    (problem,) = problems_in({**GOOD, "files": [{"src": "a", "dest": "/etc/a", "mode": mode}]})
    assert f"/etc/a a mode without quotes, which YAML has made the number {mode} of" in problem
    assert problem.endswith(f"Write it in quotes: mode: {written}.")


@pytest.mark.parametrize("mode", ["0644", "644", "4755", "01777"])
def test_a_mode_in_quotes(mode: str) -> None:
    assert problems_in({**GOOD, "files": [{"src": "a", "dest": "/etc/a", "mode": mode}]}) == []


@pytest.mark.parametrize("mode", ["0o644", "u=rw", "-rw-r--r--", "0888", "", True, None, 6.44, ["0644"]])
def test_what_is_no_mode(mode: Any) -> None:
    (problem,) = problems_in({**GOOD, "files": [{"src": "a", "dest": "/etc/a", "mode": mode}]})
    assert 'it should be octal and in quotes, such as "0644"' in problem


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(ALL, JSON | TECHNICAL)))
def test_whatever_the_values_the_answer_is_sentences(changes: dict[str, Any]) -> None:
    assert all(isinstance(one, str) for one in problems_in({**GOOD, **changes}))


@given(TECHNICAL, TECHNICAL)
def test_what_is_not_refused_stays_on_its_line(text: str, name: str) -> None:
    values = {**GOOD, "pip_requirements": [text], "labels": {name: text}, "environment": {name: text}}
    if not problems_in(values):
        assert len(text.splitlines()) == 1
        assert len(f"LABEL {dockerfile_value(name)}={dockerfile_value(text)}".splitlines()) == 1
        assert len(f"ENV {name}={dockerfile_value(text)}".splitlines()) == 1
        assert json.loads(exec_form([text, name])) == [text, name]


def test_a_password_is_not_repeated() -> None:
    assert "secret" not in problems_in({**GOOD, "git_repository": "https://me:secret@git/x"})[0]
    assert "secret" not in problems_in({**GOOD, "pip_index_url": "https://me:secret@git/x y"})[0]


def test_every_problem_is_reported_at_once() -> None:
    assert len(problems_in({**GOOD, "name": "", "locale": "", "git_commit": ""})) == 3
