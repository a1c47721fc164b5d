# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the volumes of a trainer, and where its job writes -> what would hide what."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

OWN_DIRECTORY = "/run/distrain"
_VOLUME = re.compile(r"[^:]+:/[^:]*(:[a-zA-Z,]+)?")


def volume_problems(volumes: Sequence[str], output_directory: str, working_directory: str) -> list[str]:
    """A sentence for each volume that cannot be, or that hides another one or is hidden by it.

    A volume inside another one, such as one model beside others, hides nothing that it does not replace. That of the
    output is no such volume: what a job writes belongs beside the models and the data, never into them. It may lie
    inside the one that holds the working directory, which is the project's code.
    """
    malformed = [volume for volume in volumes if not _VOLUME.fullmatch(volume)]
    if malformed:
        return [
            f"trainer_launch_volumes holds '{volume}', but each is SOURCE:/TARGET or SOURCE:/TARGET:MODE."
            for volume in malformed
        ]
    targets = [_path(volume.split(":")[1]) for volume in volumes]
    without_code = [target for target in targets if not _is_inside(_path(working_directory), target)]
    return [*_repeated(targets), *_forbidden(targets), *_around_output(without_code, _path(output_directory))]


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


def _path(path: str) -> str:
    return "/" + posixpath.normpath(path).lstrip("/")
