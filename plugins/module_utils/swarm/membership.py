# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The membership of this very host's engine: what the engine says, and what the host's own ports and interfaces say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..host.addresses import own_addresses
from ..host.ports import listening_ports
from .state import Membership

GOSSIP_PORT = 7946


def local_membership(info: Mapping[str, Any]) -> Membership:
    return Membership.from_info(
        info, gossip_port_taken=GOSSIP_PORT in listening_ports(), host_addresses=own_addresses()
    )
