# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one port of a transfer in the firewall of the swarm, open to the swarm's hosts while the transfer lasts.

Where the role swarm has loaded its firewall with a range of ports for transfers, the table has a set of those that are
open. What is in it expires by itself, so that a port is closed again even where the process was killed.
"""

from __future__ import annotations

import os
import threading

from ..base.command import Ended, run_command
from ..base.errors import ClusterError

# As in roles/swarm/templates/distrain-firewall.nft.j2.
TABLE = ("inet", "distrain")
SET = "transfers"
LIFETIME_SECONDS = 120
_RENEWAL_SECONDS = 30.0
_COMMAND_SECONDS = 20.0


class OpenPort:
    """Open from C(open) to C(close); no-op where the firewall is not loaded, or has no range for transfers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_over = threading.Event()
        self._is_open = False

    def open(self) -> None:
        """Open the port, and keep it open; raise ClusterError where that fails."""
        # Only root can ask, and only root can have loaded it.
        if os.geteuid() != 0 or run_command(["nft", "list", "set", *TABLE, SET], _COMMAND_SECONDS).rc != 0:
            return
        added = self._renew()
        if added.rc != 0:
            raise ClusterError(
                f"The firewall of the swarm (nftables, table {' '.join(TABLE)}) is closed for port {self._port} of "
                f"this host and cannot be opened: {added.stderr.strip()}"
            )
        self._is_open = True
        threading.Thread(target=self._keep_open, name="firewall", daemon=True).start()

    def close(self) -> None:
        self._is_over.set()
        if self._is_open:
            self._is_open = False
            # Where it fails, the port closes within two minutes.
            run_command(["nft", f"delete element {self._element()}"], _COMMAND_SECONDS)

    def _keep_open(self) -> None:
        while not self._is_over.wait(_RENEWAL_SECONDS):
            # The table may have been loaded anew meanwhile, or taken away.
            self._renew()

    def _renew(self) -> Ended:
        """Set the lifetime in one transaction: what is in the set already is not renewed by adding it."""
        element = self._element()
        fresh = self._element(f" timeout {LIFETIME_SECONDS}s")
        transaction = f"add element {element}; delete element {element}; add element {fresh}"
        return run_command(["nft", transaction], _COMMAND_SECONDS)

    def _element(self, lifetime: str = "") -> str:
        return f"{' '.join(TABLE)} {SET} {{ {self._port}{lifetime} }}"
