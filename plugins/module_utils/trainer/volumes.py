# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the volumes of a trainer, and where its job writes -> what cannot be, and what would hide what.

A volume is a directory of the host by its absolute path. Compose would also take a path beside its own file, one of a
home directory, or the name of a volume of the engine: but results are fetched and checkpoints are found on the host,
and there these are not.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import PlanError

OWN_DIRECTORY = "/run/distrain"
OPTIONS = frozenset("ro rw z Z cached consistent delegated private rprivate shared rshared slave rslave".split())
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORM = "SOURCE:/TARGET or SOURCE:/TARGET:OPTIONS"


@dataclass(frozen=True)
class Volume:
    """A directory of the host, and where the container has it; both are absolute and normalized."""

    source: str
    target: str
    options: frozenset[str] = frozenset()

    def holds(self, path: str) -> bool:
        """Whether a path of the container, as of C(path_of), lies on it."""
        return _is_inside(path, self.target)


def volume_of(value: Any) -> Volume:
    """From what the user wrote. Raises PlanError with what to write."""
    said = f"trainer_launch_volumes holds {value!r}"
    if not isinstance(value, str):
        raise PlanError(f"{said}, but each is one text, {_FORM}; compose's long form is not taken.")
    if _CONTROL.search(value):
        raise PlanError(f"{said}, which holds a character that no path should have.")
    source, *rest = value.split(":")
    if not 1 <= len(rest) <= 2 or not rest[0].startswith("/"):
        raise PlanError(f"{said}, but each is {_FORM}, with the absolute path of the container as the target.")
    options = frozenset(rest[1].split(",")) if rest[1:] else frozenset()
    if options - OPTIONS:
        raise PlanError(f"{said} with the options {rest[1]!r}, but known are {', '.join(sorted(OPTIONS))}.")
    if not source.startswith("/") or ".." in source.split("/"):
        raise PlanError(
            f"{said}, but the source has to be an absolute path on the hosts, by which results and checkpoints are "
            "found (a relative path, '~' and the name of a volume are none). "
            f"Write for example /srv{_inside_srv(source)}:{':'.join(rest)}."
        )
    return Volume(path_of(source), path_of(rest[0]), options)


def readable_volumes(values: Iterable[Any]) -> list[Volume]:
    """Those of the values that are volumes."""
    found = []
    for value in values:
        try:
            found.append(volume_of(value))
        except PlanError:
            continue
    return found


def volume_problems(volumes: Sequence[Any], output_directory: str, working_directory: str) -> list[str]:
    """A sentence for each volume that cannot be, or that hides another one or is hidden by it.

    A volume inside another one, such as one model beside others, hides nothing that it does not replace. That of the
    output is no such volume: what a job writes belongs beside the models and the data, never into them. It may lie
    inside the one that holds the working directory, which is the project's code.
    """
    malformed = [*_malformed(volumes), *_relative(output_directory, working_directory)]
    if malformed:
        return malformed
    targets = [volume_of(volume).target for volume in volumes]
    without_code = [target for target in targets if not _is_inside(path_of(working_directory), target)]
    return [
        *_repeated(targets),
        *_forbidden(targets),
        *_around_output(without_code, path_of(output_directory)),
    ]


def path_of(path: str) -> str:
    """Normalized, and absolute also where it is not; C(/var/run) is C(/run) in every image."""
    normal = "/" + posixpath.normpath(path).lstrip("/")
    return normal.removeprefix("/var") if _is_inside(normal, "/var/run") else normal


def _malformed(volumes: Sequence[Any]) -> Iterator[str]:
    for volume in volumes:
        try:
            volume_of(volume)
        except PlanError as refused:
            yield refused.message


def _relative(output_directory: str, working_directory: str) -> Iterator[str]:
    for name, path in (("output", output_directory), ("working", working_directory)):
        if not path.startswith("/"):
            yield (
                f"trainer_launch_job_{name}_directory is {path!r}, but has to be the absolute path of a directory in "
                f"the container, such as /app{'/output' if name == 'output' else ''}."
            )


def _inside_srv(source: str) -> str:
    parts = [part for part in source.replace("\\", "/").split("/") if part.strip(".~")]
    return f"/{'/'.join(parts) or 'data'}"


def _repeated(targets: Sequence[str]) -> Iterator[str]:
    for target in sorted({target for target in targets if targets.count(target) > 1}):
        yield f"trainer_launch_volumes mounts {targets.count(target)} volumes at {target}, and one hides the others."


def _forbidden(targets: Sequence[str]) -> Iterator[str]:
    for target in targets:
        if target == "/" or _is_inside(target, OWN_DIRECTORY) or _is_inside(OWN_DIRECTORY, target):
            yield (
                f"trainer_launch_volumes mounts a volume at {target}, which hides {OWN_DIRECTORY}, where the trainer's "
                "own files are. Choose another target."
            )


def _around_output(targets: Sequence[str], output: str) -> Iterator[str]:
    holding = max((target for target in targets if _is_inside(output, target)), key=len, default="")
    for target in targets:
        if holding and target != holding and _is_inside(holding, target):
            yield (
                f"trainer_launch_volumes mounts the output at {holding}, over a part of the volume at {target}. Give "
                "the output a target of its own, such as /app/output."
            )


def _is_inside(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory.rstrip('/')}/")
