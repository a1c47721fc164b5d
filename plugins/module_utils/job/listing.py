# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All jobs of a trainer on their host, with what their checkpoints take."""

from __future__ import annotations

from typing import Any

from .checkpoint_files import read_newest
from .checkpoints import saving_of
from .description import describe_job_with_usage, job_names, output_of
from .files import JobFiles

# By these it is measured how long saving takes.
_MOST_CHECKPOINTS = 8


def describe_jobs_with_saving(directory: str, name: str, lines: int, now: float) -> list[dict[str, Any]]:
    """Return every job of the trainer with this directory, or those of this name where it is not empty."""
    return [_describe(JobFiles(directory, one), lines, now) for one in job_names(directory, name)]


def _describe(files: JobFiles, lines: int, now: float) -> dict[str, Any]:
    described = describe_job_with_usage(files, {}, lines, now)
    output = output_of({}, files.record())
    checkpoints = read_newest(output, _MOST_CHECKPOINTS) if output else []
    return {**described, **saving_of(checkpoints)}
