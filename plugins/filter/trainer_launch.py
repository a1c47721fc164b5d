# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small functions on jobs: in what their hosts differ, and how they ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.follow.outcome import summary
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.parity import parity_problem


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"job_summary": summary, "parity_problem": parity_problem}
