# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: values of the role trainer_launch that go into files and commands -> why they cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..arguments.yaml_values import environment_problems, kind_of
from .names import name_problems

ULIMITS = frozenset(
    "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split()
)
_WHOLE = re.compile(r"-1|[0-9]{1,19}")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_OUTPUT = "output_dir"


def problems_in(values: Mapping[str, Any], host: str) -> list[str]:
    """A sentence for each value that cannot work; ``values`` are the variables of the role without their prefix."""
    names = (values["name"], host, values["job_name"], values["network"], values["directory"])
    return [
        *name_problems(*map(str, names)),
        *_of_environments(values),
        *_of_ulimits(values["ulimits"]),
        *_of_settings(values["job_config"], str(values["job_output_directory"])),
        *_of_resume_setting(str(values["resume_setting"])),
        *_of_requirements(values["requirements"]),
    ]


def _of_environments(values: Mapping[str, Any]) -> Iterator[str]:
    for name in ("environment", "job_environment", "job_secrets"):
        yield from environment_problems(f"trainer_launch_{name}", values[name])


def _of_ulimits(ulimits: Any) -> Iterator[str]:
    if not isinstance(ulimits, Mapping):
        yield f"trainer_launch_ulimits is {kind_of(ulimits)}, but has to be a dictionary of names and numbers."
        return
    for name, limit in ulimits.items():
        if name not in ULIMITS:
            yield f"trainer_launch_ulimits holds {name!r}, but known are {', '.join(sorted(ULIMITS))}."
        elif isinstance(limit, bool) or not isinstance(limit, (int, str)) or not _WHOLE.fullmatch(str(limit)):
            yield f"trainer_launch_ulimits gives {name} {limit!r}, but it has to be a whole number, or -1 for no limit."


def _of_settings(settings: Any, output_directory: str) -> Iterator[str]:
    if not isinstance(settings, Mapping):
        yield f"trainer_launch_job_config is {kind_of(settings)}, but has to be a dictionary of settings."
    elif _OUTPUT in settings and str(settings[_OUTPUT]).rstrip("/") != output_directory.rstrip("/"):
        yield (
            f"trainer_launch_job_config has {_OUTPUT} {settings[_OUTPUT]!r}, but results are fetched from "
            f"trainer_launch_job_output_directory ({output_directory}). Leave {_OUTPUT} out, and set that instead, to "
            "a path on one of trainer_launch_volumes."
        )


def _of_resume_setting(name: str) -> Iterator[str]:
    if not _SETTING.fullmatch(name):
        yield f"trainer_launch_resume_setting is {name!r}, which is no name of a setting."


def _of_requirements(requirements: Any) -> Iterator[str]:
    if not isinstance(requirements, Mapping):
        yield f"trainer_launch_requirements is {kind_of(requirements)}, but has to be a dictionary of versions."
        return
    for name, version in requirements.items():
        if isinstance(version, float):
            yield (
                f"trainer_launch_requirements gives {name} the number {version} without quotes, and YAML makes 3.1 of "
                f'3.10. Write it in quotes, such as {name}: "{version}".'
            )
