# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which networks a container is attached to, by ID: a network of the same name may be another one by now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def network_ids(container: Mapping[str, Any] | None) -> list[str]:
    """The network IDs of an inspected container; none for no container."""
    networks = ((container or {}).get("NetworkSettings") or {}).get("Networks") or {}
    return sorted(network["NetworkID"] for network in networks.values())


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"network_ids": network_ids}
