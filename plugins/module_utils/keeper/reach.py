# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a keeper reaches the hosts of its job, and the other managers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.agent_link import Events
from ..relay.tls import RunKeys
from .duty import Duty
from .link import Address, TlsLink


class Reach:
    """By the addresses and keys in C(kept), the content of C(keep.json), and in the turn of the duty."""

    def __init__(self, kept: Mapping[str, Any], duty: Duty) -> None:
        self._known = {**(kept.get("managers") or {}), **kept["hosts"]}
        self._kept = kept
        self._duty = duty

    def link(self, host: str, program: str, events: Events) -> TlsLink:
        """Start the program on the host."""
        keys, duty = RunKeys(**self._kept["keys"]), self._duty
        return TlsLink(host, self.address(host), keys, program, events, duty.turn, duty.refused)

    def address(self, host: str) -> Address:
        known = self._known[host]
        return Address(known["address"], known["port"], known["identity"])
