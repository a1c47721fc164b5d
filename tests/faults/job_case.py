# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a case of a job is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.case import Blamed, Case
from tests.faults.steps import Step
from tests.faults.trainer import SAVE_EVERY


@dataclass(frozen=True)
class JobCase(Case):
    """A job that something happens to, of the same name as the case.

    ``fault`` is done once the job has made ``at_step`` steps; without it, the job's program or what was prepared is the
    fault. The product must name it ``named_within`` seconds after that, and end as ``ends`` says: C(refused) before
    anything was started, C(failed), C(succeeded) in the end, or C(stopped). No more than ``loses`` steps may be made
    twice, and it must have been started again as often as ``restarts`` says. Of the host ``away`` no answer is expected
    before the restore; where the job ``runs_on``, it must until then. ``blames`` is who must be named as the cause.
    What the regular expressions in ``says_not`` look for must not be said.
    """

    fault: Sequence[Step] = ()
    at_step: int = 7
    named_within: float = 30
    loses: int = SAVE_EVERY
    restarts: int = 0
    away: str = ""
    runs_on: bool = False
    blames: Blamed | None = None
    says_not: Sequence[str] = ()
