# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""By what a keeper follows its job, from the options that it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..causes.rule import JobContext
from ..follow.follower import Timeouts

_ALIKE = ("interval", "timeout", "silence", "start_silence", "lost", "grace")


def context_of(options: Mapping[str, Any], ranks: Sequence[Mapping[str, Any]]) -> JobContext:
    """Return what messages name: the image, the port, and the names of the containers."""
    names = [ranks[0].get("leader", ""), *(rank["container"] for rank in ranks)]
    return JobContext(
        image=options["image"],
        port=options["port"],
        names=[name for name in names if name],
        ipc=options["ipc"],
        shm_size=options["shm_size"],
    )


def timeouts_of(options: Mapping[str, Any]) -> Timeouts:
    return Timeouts(unseen=options["unreachable"], **{name: options[name] for name in _ALIKE})
