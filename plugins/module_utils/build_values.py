# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the values that an image is to be built from, each in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PATH_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_PATH_PART}(?:/{_PATH_PART})*"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
NAME = re.compile(rf"{_REPOSITORY}{_TAG}")
REFERENCE = re.compile(rf"{_REPOSITORY}(?:{_TAG})?(?:@sha256:[0-9a-f]{{64}})?")
COMMIT = re.compile(r"[0-9a-f]{40}")
ABSOLUTE_PATH = re.compile(r"/[A-Za-z0-9_.+/-]*")
APT_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9]+)?(?:=[A-Za-z0-9.+:~-]+)?")
EXTRA = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
LOCALE = re.compile(r"C|POSIX|[A-Za-z0-9_]+\.[A-Za-z0-9-]+")
TIME_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
MODE = re.compile(r"0?[0-7]{3,4}")
MIRROR = re.compile(r"(?:https?|file)://[A-Za-z0-9._~:/\[\]-]+")
PASSWORD_IN_ADDRESS = re.compile(r"[a-z+]+://[^/@]*:[^/@]*@")

# variable: (pattern, what the value should have been)
SINGLE = {
    "name": (NAME, "an image name with a tag, such as distrain/llama-factory:e3d8fc7"),
    "base_image": (REFERENCE, "an image name, such as nvcr.io/nvidia/pytorch:24.01-py3"),
    "locale": (LOCALE, "a locale, such as en_US.UTF-8 or C.UTF-8"),
    "timezone": (TIME_ZONE, "a time zone, such as UTC or Europe/Vienna"),
    "git_directory": (ABSOLUTE_PATH, "an absolute path without spaces, such as /app"),
}
OPTIONAL = {
    "apt_mirror": (MIRROR, "an address such as https://mirror.example.org/ubuntu, without a password"),
    "python_venv": (ABSOLUTE_PATH, "an absolute path without spaces, such as /opt/venv"),
}
LISTS = {
    "apt_packages": (APT_PACKAGE, "a package name, such as git or git=1:2.43.0-1"),
    "extras": (EXTRA, "the name of an extra, such as deepspeed"),
    "imports": (MODULE, "the name of a Python module, such as torch"),
}


def problems_in(values: Mapping[str, Any], prefix: str = "image_build_") -> list[str]:
    """A sentence for each value that cannot work; empty where all can."""
    checks = (_of_single_values, _of_lists, _of_texts, _of_files, _of_project)
    return [problem for check in checks for problem in check(values, prefix)]


def _of_single_values(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, (pattern, meant) in {**SINGLE, **OPTIONAL}.items():
        value = str(values[name])
        if name in OPTIONAL and not value:
            continue
        if not pattern.fullmatch(value):
            yield f"{prefix}{name} is '{value}', but should be {meant}."


def _of_lists(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, (pattern, meant) in LISTS.items():
        for value in values[name]:
            if not pattern.fullmatch(str(value)):
                yield f"{prefix}{name} holds '{value}', but each entry should be {meant}."


def _of_texts(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for value in map(str, values["pip_requirements"]):
        if not value or value != value.strip() or "\n" in value or value.startswith("-"):
            yield f"{prefix}pip_requirements holds '{value}', but each entry should be one requirement on one line."
    for name in ("environment", "labels"):
        for key in (key for key, value in values[name].items() if "\n" in str(value)):
            yield f"{prefix}{name} gives {key} a value of several lines, which a Dockerfile cannot hold."
    for key in values["environment"]:
        if not VARIABLE.fullmatch(str(key)):
            yield f"{prefix}environment holds '{key}', which is no name of an environment variable."


def _of_files(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for file in values["files"]:
        if not ABSOLUTE_PATH.fullmatch(str(file["dest"])):
            yield f"{prefix}files wants to write '{file['dest']}', but dest should be an absolute path without spaces."
        if not MODE.fullmatch(str(file.get("mode", "0644"))):
            yield f"{prefix}files gives {file['dest']} the mode '{file['mode']}', but it should be octal, such as 0644."


def _of_project(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    repository = str(values["git_repository"])
    if not repository and not values["pip_requirements"] and not values["base_has_project"]:
        yield (
            f"{prefix}git_repository and {prefix}pip_requirements are both empty, so there is no training project "
            f"to put into the image. Set one of them, or {prefix}base_has_project where {prefix}base_image has it."
        )
    if PASSWORD_IN_ADDRESS.match(repository):
        yield (
            f"{prefix}git_repository holds a password, which would end up in logs. Use an SSH address, or a "
            "repository on the controller."
        )
    if repository and not COMMIT.fullmatch(str(values["git_commit"])):
        yield (
            f"{prefix}git_commit is '{values['git_commit']}', but should be all 40 digits of a commit: branches, "
            "tags and short commits may come to mean something else."
        )
