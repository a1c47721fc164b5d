# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the metrics of a job where node_exporter's textfile collector reads them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base.errors import ClusterError
from ..files.whole_file import write_whole
from ..follow.metrics import RUNNING, JobMetrics, metrics_text
from .place import Place

# node_exporter has a user of its own; nothing in the file is a secret.
_MODE = 0o644


class MetricsFile:
    """One file for a job in ``directory``, which has to be there; nothing is written where that is empty."""

    def __init__(self, directory: str, place: Place, warn: Callable[[str], None]) -> None:
        self._directory = directory
        self._path = Path(directory, f"distrain_{place.trainer}_{place.job}.prom")
        self._metrics = JobMetrics(place.trainer, place.job, RUNNING, 0.0)
        self._warn = warn
        self._has_warned = False

    def observed(self, ranks: Sequence[Mapping[str, Any]], started: float, restarts: int) -> None:
        """Write what an observation of the running job has shown."""
        known = replace(self._metrics, state=RUNNING, started=started, restarts=restarts)
        self._write(replace(known, at=time.time(), ranks=ranks))

    def ended(self, state: str, restarts: int) -> None:
        """Write the state in which the job has ended, beside what was observed last; its ranks run no more."""
        ranks = [{**one, "state": state} for one in self._metrics.ranks]
        self._write(replace(self._metrics, state=state, restarts=restarts, at=time.time(), ranks=ranks))

    def leave(self) -> None:
        """Remove the file: another host writes that of the job now."""
        if self._directory:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _write(self, metrics: JobMetrics) -> None:
        self._metrics = metrics
        if not self._directory:
            return
        try:
            if not Path(self._directory).is_dir():
                raise ClusterError(f"{self._directory} is no directory of this host.")
            write_whole(self._path, metrics_text(metrics), _MODE)
        except ClusterError as error:
            if not self._has_warned:
                self._has_warned = True
                self._warn(
                    f"The metrics of the job are not written (trainer_launch_metrics_directory): {error.message} The "
                    "job is followed all the same."
                )
