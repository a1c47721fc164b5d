# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A value as a compose file holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.trainer import yaml_string
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.filter_error import told_as_filter_error


@told_as_filter_error()
def compose_string(value: Any) -> str:
    """A YAML scalar that compose reads as this text."""
    return yaml_string.compose_string(value)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"compose_string": compose_string}
