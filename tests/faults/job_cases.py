# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that break, all kinds of them, in the order in which they run."""

from __future__ import annotations

from tests.faults.job_end_cases import JOB_END_CASES
from tests.faults.job_hang_cases import JOB_HANG_CASES
from tests.faults.job_host_cases import JOB_HOST_CASES
from tests.faults.job_refused_cases import JOB_REFUSED_CASES

JOB_CASES = (*JOB_END_CASES, *JOB_HANG_CASES, *JOB_HOST_CASES, *JOB_REFUSED_CASES)
