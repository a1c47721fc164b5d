# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a container of a trainer, as the engine inspects it, in what decides whether it is the wanted one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

ABSENT = "absent"


def describe_container(container: Mapping[str, Any] | None, network_id: str | None = None) -> dict[str, Any]:
    """Return its state, its image, its times in seconds of the epoch, and whether it is on the network of this ID."""
    if not container:
        return {"state": ABSENT, "image_id": None, "created": None, "started": None, "on_network": False}
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    return {
        "state": container["State"]["Status"],
        "image_id": container["Image"],
        "created": _seconds(container["Created"]),
        "started": _seconds(container["State"]["StartedAt"]),
        "on_network": network_id is not None and any(one.get("NetworkID") == network_id for one in networks.values()),
    }


def _seconds(time: str) -> float:
    """The engine writes nanoseconds and Z, which Python reads from 3.11 on only."""
    second, fraction, zone = re.fullmatch(r"([^.Z+]+)(\.\d+)?(.*)", time).groups()  # type: ignore[union-attr]
    return datetime.fromisoformat(second + zone.replace("Z", "+00:00")).timestamp() + float(fraction or 0)
