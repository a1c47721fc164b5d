# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what stands for a host in the text of a source file, such as its codename."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What NVIDIA calls Debian's architectures; sbsa is Arm's standard for servers.
MACHINES = {"amd64": "x86_64", "arm64": "sbsa"}


def expanded(content: str, host: Mapping[str, Any]) -> str:
    distribution = host["distribution"]
    values = {
        "{distribution}": distribution["id"],
        "{version}": distribution.get("version", "").replace(".", ""),
        "{codename}": distribution["codename"],
        "{architecture}": host["architecture"],
        "{machine}": MACHINES.get(host["architecture"], host["architecture"]),
    }
    for placeholder, value in values.items():
        content = content.replace(placeholder, value)
    return content
