# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the versions that a trainer needs, and those that a host and an image have -> what is too old or too new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# requirement: (what was found, what it is, what to do)
MINIMA = {
    "engine_min": (
        "engine",
        "Docker Engine",
        "Set docker_source or docker_package_versions to a newer one and run playbooks/hosts.yml.",
    ),
    "driver_min": ("driver", "NVIDIA's driver", "Install a newer driver on the host."),
    "python_min": ("python", "the python3 of the image", "Choose a newer image_build_base_image."),
}
MAXIMA = {
    "python_max": ("python", "the python3 of the image", "Choose an older image_build_base_image."),
}


def unmet(host: str, required: Mapping[str, Any], found: Mapping[str, str | None]) -> list[str]:
    """A sentence for each requirement that ``found`` does not meet; a kind that is not in ``found`` is not judged.

    The value of a kind that could not be learned is None or empty, and that is a sentence too.
    """
    return [*_unknown(required), *_too_old(host, required, found), *_too_new(host, required, found)]


def _unknown(required: Mapping[str, Any]) -> Iterator[str]:
    for name, value in required.items():
        if name not in MINIMA and name not in MAXIMA:
            known = ", ".join((*MINIMA, *MAXIMA))
            yield f"trainer_launch_requirements holds {name}, but only {known} are known."
        elif value and not _numbers(str(value)):
            yield f"trainer_launch_requirements gives {name} the value '{value}', which is no version."


def _too_old(host: str, required: Mapping[str, Any], found: Mapping[str, str | None]) -> Iterator[str]:
    for name, (kind, what, remedy) in MINIMA.items():
        wanted = str(required.get(name) or "")
        if not wanted or kind not in found:
            continue
        has = found[kind]
        if not has:
            yield (
                f"Host {host}: the trainer needs {what} {wanted} or newer ({name} of trainer_launch_requirements), and "
                "its version could not be learned."
            )
        elif _is_older(has, wanted):
            yield (
                f"Host {host}: the trainer needs {what} {wanted} or newer ({name} of trainer_launch_requirements), but "
                f"found {has}. {remedy}"
            )


def _too_new(host: str, required: Mapping[str, Any], found: Mapping[str, str | None]) -> Iterator[str]:
    for name, (kind, what, remedy) in MAXIMA.items():
        wanted, has = str(required.get(name) or ""), found.get(kind)
        most = _numbers(wanted)
        if wanted and has and _numbers(has)[: len(most)] > most:
            yield (
                f"Host {host}: the trainer needs {what} {wanted} or older ({name} of trainer_launch_requirements), but "
                f"found {has}. {remedy}"
            )


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", version.strip())
    parts = match.group().split(".") if match else []
    # No part of a version is that long, and Python refuses to read a number of thousands of digits.
    return tuple(map(int, parts)) if all(len(part) <= 18 for part in parts) else ()


def _is_older(version: str, than: str) -> bool:
    """25 is not older than 25.0.0: what is not said counts as zero."""
    one, other = _numbers(version), _numbers(than)
    return one + (0,) * (len(other) - len(one)) < other
