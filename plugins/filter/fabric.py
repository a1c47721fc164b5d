# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of the chosen networks, for reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.table import choice_lines


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"fabric_table": choice_lines}
