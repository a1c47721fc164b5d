# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the values of the role image_build."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.build.values import problems_in


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"build_value_problems": problems_in}
