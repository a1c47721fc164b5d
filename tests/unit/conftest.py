# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let tests import the collection by its full name in a plain clone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from hypothesis import HealthCheck, settings

COLLECTIONS = Path(__file__).parents[2] / ".collections"

_AnsibleCollectionFinder(paths=[str(COLLECTIONS), *sys.path])._install()

# The same inputs in each run, and few enough that the suite stays fast; HYPOTHESIS_PROFILE=search looks for new ones.
_WHOLE_SUITE = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("suite", _WHOLE_SUITE)
settings.register_profile("search", _WHOLE_SUITE, max_examples=2000, derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
