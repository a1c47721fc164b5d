# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: whether the keepalive container, the container that keeps the overlay network on a node, is as it is wanted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What the container was started with; only its restart policy, its memory and its networks can be changed after that.
LABEL = "io.distrain.settings"


def keepalive_digest(settings: Mapping[str, Any]) -> str:
    """The same for the same settings, whether a number came as one or as text."""
    return hashlib.sha256(json.dumps(_plain(settings), sort_keys=True).encode()).hexdigest()


def keepalive_differences(
    observed: Mapping[str, Any], name: str, settings: Mapping[str, Any], network_id: str = ""
) -> list[str]:
    """In what the container of this name differs: any of container, status, image, settings, network; mostly nothing.

    ``observed`` is what C(host_info) has returned. Without ``network_id`` any single network will do.
    """
    found = ((observed.get("engine") or {}).get("containers") or {}).get(name)
    if not found:
        return ["container"]
    networks = list(found["networks"].values())
    same = {
        "status": found["status"] == "running",
        "image": found["image"] == settings["image"] and found["image_id"] == found["named_image_id"],
        "settings": found["labels"].get(LABEL) == keepalive_digest(settings)
        and found["restart_policy"] == settings["restart_policy"]
        and found["memory_bytes"] == int(settings["memory"]),
        "network": len(networks) == 1 and networks[0] == (network_id or networks[0]),
    }
    return [key for key, is_same in same.items() if not is_same]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value)
