# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The overlay network as an engine describes it, with two containers of one address in it where a test wants them."""

from __future__ import annotations

from typing import Any

OWN = ("e1", "10.77.0.2", "10.0.0.2")


def network(*tasks: tuple[str, str, str], own: str = "e1") -> dict[str, Any]:
    """Tasks are an endpoint's ID, its address and its host's."""
    listed = [
        {"Name": f"of-{one}", "EndpointID": one, "EndpointIP": address, "Info": {"Host IP": host}}
        for one, address, host in tasks
    ]
    containers = {"a1": {"EndpointID": own}, "lb-distrain": {"EndpointID": "lb"}}
    return {"Containers": containers, "Services": {"": {"Tasks": listed}}}
