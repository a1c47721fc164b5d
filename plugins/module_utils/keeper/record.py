# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of a job that its keeper keeps: one file in the job's place."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ..base.errors import ClusterError
from ..follow.job_record import record_of
from ..follow.restarts import restarts
from ..job.plan import RUNNING
from .place import Place, read_json, write_json


class KeptRecord:
    """That of the job which C(kept), the content of C(keep.json), describes."""

    def __init__(self, place: Place, kept: Mapping[str, Any]) -> None:
        self._place = place
        self._kept = kept

    def read(self) -> dict[str, Any]:
        return read_json(self._place.record)

    def write(self, record: Mapping[str, Any]) -> None:
        """Write the record where it holds anything, or go on without, as on a full disk."""
        if not record:
            return
        try:
            write_json(self._place.record, record)
        except ClusterError as error:
            sys.stderr.write(f"{error.message}\n")

    def of_new_attempt(self, started: Mapping[str, Mapping[str, Any]], made: int) -> dict[str, Any]:
        """Return the record of an attempt by what the hosts have ``started``, after so many restarts ``made``."""
        said = {
            **self._kept["said"],
            "restarts": restarts({}, made, self._kept["options"]["max_restarts"]),
            "is_restart": made > 0,
        }
        seen = {host: {**one, **(started.get(host) or {})} for host, one in self._kept["seen"].items()}
        for one in seen.values():
            if one.get("job"):
                one["job"] = {"state": RUNNING, "progress": {}, **one["job"]}
        return record_of(said, self._kept["ranks"], seen, self.read(), self._kept["secrets"])
