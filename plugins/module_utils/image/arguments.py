# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arguments that modules which move whole images have in common; the doc fragment image describes them."""

from __future__ import annotations

from typing import Any

IMAGE_ARGUMENTS: dict[str, Any] = {"engine_timeout": {"type": "int", "default": 3600}}
REGISTRY_ARGUMENTS: dict[str, Any] = {
    **IMAGE_ARGUMENTS,
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
}
