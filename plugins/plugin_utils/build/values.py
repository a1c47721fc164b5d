# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the values that an image is to be built from, each in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..arguments.yaml_values import CONTROL, environment_problems, kind_of, text_problems

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
FILE = re.compile(r"/(?:[A-Za-z0-9_.+-]+/)*[A-Za-z0-9_.+-]+")
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
    "apt_mirrors": (MIRROR, "an address such as http://mirror.example.org, without a password"),
    "git_mirror": (MIRROR, "an address such as https://mirror.example.org/github.com, without a password"),
    "python_venv": (ABSOLUTE_PATH, "an absolute path without spaces, such as /opt/venv"),
}
LISTS = {
    "apt_packages": (APT_PACKAGE, "a package name, such as git or git=1:2.43.0-1"),
    "extras": (EXTRA, "the name of an extra, such as deepspeed"),
    "imports": (MODULE, "the name of a Python module, such as torch"),
}


# What else is a list of texts, or one text. Addresses may hold a password, and are never repeated.
TEXT_LISTS = ("pip_requirements", "pip_arguments", "pip_extra_index_urls", "pip_trusted_hosts")
TEXTS = ("git_repository", "git_commit", "pip_index_url", "network", "http_proxy", "https_proxy", "no_proxy")
WITH_SPACES = ("pip_requirements", "pip_arguments", "no_proxy")


def problems_in(values: Mapping[str, Any], prefix: str = "image_build_") -> list[str]:
    """A sentence for each value that cannot work; empty where all can.

    Where one is of another type than its argument has, the types alone are reported.
    """
    of_types = list(_of_types(values, prefix))
    if of_types:
        return of_types
    checks = (
        _of_single_values,
        _of_lists,
        _of_requirements,
        _of_lines,
        _of_commands,
        _of_texts,
        _of_files,
        _of_project,
    )
    return [problem for check in checks for problem in check(values, prefix)]


def _of_types(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name in (*SINGLE, *OPTIONAL, *TEXTS):
        if not isinstance(values.get(name, ""), str):
            yield f"{prefix}{name} is {kind_of(values[name])}, but has to be a text; write it in quotes."
    for name in (*LISTS, *TEXT_LISTS):
        value = values.get(name, [])
        if not _is_list(value):
            yield f"{prefix}{name} is {kind_of(value)}, but has to be a list of texts."
        elif not all(isinstance(one, str) for one in value):
            odd = next((one for one in value if not isinstance(one, str)), None)
            yield f"{prefix}{name} holds {kind_of(odd)}, but each entry has to be a text; write it in quotes."
    for name in ("environment", "labels"):
        if not isinstance(values[name], Mapping):
            yield f"{prefix}{name} is {kind_of(values[name])}, but has to be a dictionary of names and values."
    if not _is_list(values["files"]) or not all(_is_file(file) for file in values["files"]):
        yield f"{prefix}files has to be a list of dictionaries, each with a src and a dest."
    commands = values.get("extra_commands", [])
    if not _is_list(commands) or not all(_is_list(one) and one for one in commands):
        yield f"{prefix}extra_commands has to be a list of commands, each a list of words, such as [[ldconfig, -v]]."


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _is_file(file: Any) -> bool:
    return isinstance(file, Mapping) and all(isinstance(file.get(key), str) for key in ("src", "dest"))


def _of_single_values(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, (pattern, meant) in {**SINGLE, **OPTIONAL}.items():
        value = values[name]
        if name in OPTIONAL and not value:
            continue
        if not pattern.fullmatch(value):
            yield f"{prefix}{name} is '{value}', but should be {meant}."


def _of_lists(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, (pattern, meant) in LISTS.items():
        for value in values[name]:
            if not pattern.fullmatch(value):
                yield f"{prefix}{name} holds '{value}', but each entry should be {meant}."


def _of_requirements(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """pip takes more characters for the end of a line than others do, and joins lines at a backslash."""
    for value in values["pip_requirements"]:
        is_line = value == value.strip() and len(value.splitlines()) == 1 and not CONTROL.search(value)
        if not is_line or value[0] in "-#" or value.endswith("\\"):
            yield f"{prefix}pip_requirements holds {value!r}, but each entry should be one requirement on one line."


def _of_lines(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name in (*TEXTS, *(name for name in TEXT_LISTS if name != "pip_requirements")):
        value = values.get(name, "")
        for one in [value] if isinstance(value, str) else value:
            if CONTROL.search(one) or (name not in WITH_SPACES and len(one.split()) > 1):
                yield f"{prefix}{name} holds a space or the end of a line, which it cannot have."


def _of_commands(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for command in values.get("extra_commands", []):
        for word in command:
            yield from text_problems(f"{prefix}extra_commands gives {command[0]}", word)


def _of_texts(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    yield from environment_problems(f"{prefix}environment", values["environment"])
    for key, value in values["labels"].items():
        yield from text_problems(f"{prefix}labels gives {key}", value)
    for name in ("environment", "labels"):
        for key, value in values[name].items():
            if CONTROL.search(str(key)) or CONTROL.search(str(value)):
                yield f"{prefix}{name} gives {key} a value of several lines, which a Dockerfile cannot hold."


def _of_files(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for file in values["files"]:
        if not FILE.fullmatch(file["dest"]):
            yield (
                f"{prefix}files wants to write '{file['dest']}', but dest should be an absolute path without spaces, "
                "and that of the file itself."
            )
        yield from _of_mode(f"{prefix}files gives {file['dest']}", file.get("mode", "0644"))


def _of_mode(giving: str, mode: Any) -> Iterator[str]:
    """Without quotes 0644 is the number 420 to YAML, and 644 is 644, which as a mode would be 1204."""
    if isinstance(mode, int) and not isinstance(mode, bool):
        meant = [f'"0{digits}"' for digits in (f"{mode:o}", str(mode)) if MODE.fullmatch(digits)]
        yield (
            f"{giving} a mode without quotes, which YAML has made the number {mode} of, as it makes 420 of 0644. Write "
            "it in quotes: mode: " + (" or ".join(meant) or '"0644"') + "."
        )
    elif not isinstance(mode, str) or not MODE.fullmatch(mode):
        yield f'{giving} the mode {mode!r}, but it should be octal and in quotes, such as "0644".'


def _of_project(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    repository = values["git_repository"]
    if not repository and not values["pip_requirements"] and not values["base_has_project"]:
        yield (
            f"{prefix}git_repository and {prefix}pip_requirements are both empty, so there is no training project "
            f"to put into the image. Set one of them, or {prefix}base_has_project where {prefix}base_image has it."
        )
    if repository.startswith("-"):
        yield f"{prefix}git_repository is '{repository}', which would be an option of git and no repository."
    if PASSWORD_IN_ADDRESS.match(repository):
        yield (
            f"{prefix}git_repository holds a password, which would end up in logs. Use an SSH address, or a "
            "repository on the controller."
        )
    if repository and not COMMIT.fullmatch(values["git_commit"]):
        yield (
            f"{prefix}git_commit is '{values['git_commit']}', but should be all 40 digits of a commit: branches, "
            "tags and short commits may come to mean something else."
        )
