# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All cases, in the order in which they run."""

from __future__ import annotations

from tests.faults.doctor_cases import DOCTOR_CASES
from tests.faults.healing_cases import HEALING_CASES
from tests.faults.host_cases import HOST_CASES
from tests.faults.inventory_cases import INVENTORY_CASES
from tests.faults.job_cases import JOB_CASES
from tests.faults.membership_cases import MEMBERSHIP_CASES
from tests.faults.mirror_cases import MIRROR_CASES
from tests.faults.network_cases import NETWORK_CASES
from tests.faults.source_cases import SOURCE_CASES
from tests.faults.swarm_cases import SWARM_CASES

CASES = (
    *(*INVENTORY_CASES, *HOST_CASES, *NETWORK_CASES, *SWARM_CASES, *MEMBERSHIP_CASES),
    *(*SOURCE_CASES, *MIRROR_CASES, *DOCTOR_CASES, *HEALING_CASES, *JOB_CASES),
)
