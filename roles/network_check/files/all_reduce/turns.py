# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The networks of one check take turns, so that both are measured under the same conditions."""

from __future__ import annotations

import sys
from pathlib import Path


class Turns:
    """Each network writes down how many steps it has finished, in a directory that those of the first host share."""

    def __init__(self, directory: Path, networks: list[str], network: str) -> None:
        self._directory = directory
        self._network = network
        place = networks.index(network)
        # Those before this one in a round are one step ahead of it.
        self._ahead = {name: int(networks.index(name) < place) for name in networks if name != network}

    def has_come(self, step: int) -> bool:
        return all(self._finished(name) >= step + ahead for name, ahead in self._ahead.items())

    def finish(self, steps: int) -> None:
        unfinished = self._directory / f".{self._network}.steps"
        unfinished.write_text(str(steps), encoding="ascii")
        unfinished.replace(self._directory / f"{self._network}.steps")

    def leave(self) -> None:
        """Nobody waits for this network any more."""
        self.finish(sys.maxsize)

    def _finished(self, network: str) -> int:
        try:
            return int((self._directory / f"{network}.steps").read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
