# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The advice where nothing crosses the port of the overlay networks' data, though others are open."""

from __future__ import annotations

# Ports that no service is registered for, at least not widely.
OTHER, ANOTHER = 7789, 7790


def another_data_path_port(port: str) -> str:
    """The sentences for a port such as C(4789/udp), which networks of virtual machines may keep to themselves."""
    other = ANOTHER if port == f"{OTHER}/udp" else OTHER
    return (
        f"Where a network on the way keeps {port} to itself, as the VXLAN of a hypervisor does, set "
        f"swarm_data_path_port to another port such as {other}; a swarm that is there keeps its port until "
        "playbooks/reset.yml has dissolved it."
    )
