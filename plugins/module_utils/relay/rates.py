# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of how fast this host is: the rates of earlier transfers, and what its interfaces report."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..base.command import command_output
from ..base.errors import ClusterError
from ..files.whole_file import write_whole
from ..host.interfaces import Hardware, parse_interfaces, read_hardware

RECORD = "/var/lib/distrain/transfers.json"
# The speed that the driver of such an interface reports is that of no wire.
_WITHOUT_WIRE = frozenset(("veth", "tun", "dummy", "vxlan", "macvlan", "ipvlan", "wireguard", "geneve", "gre"))


class RateRecord:
    """The rates in bytes per second, by names that the controller gives; the file may go at any time."""

    def __init__(self, path: str = RECORD) -> None:
        self._path = Path(path)

    def read(self) -> dict[str, float]:
        """Return what is kept; nothing where there is no file, or one that is not ours."""
        with contextlib.suppress(OSError, ValueError, AttributeError), self._path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_uid == os.geteuid():
                return {name: float(rate) for name, rate in json.load(file).items() if _is_rate(rate)}
        return {}

    def keep(self, rates: Mapping[str, float | None]) -> None:
        """Keep these rates beside those of other names, and forget those that are None.

        No-op where that is impossible, since nothing depends on it.
        """
        kept = {name: rate for name, rate in {**self.read(), **rates}.items() if rate is not None}
        with contextlib.suppress(ClusterError):
            write_whole(self._path, json.dumps(kept, sort_keys=True) + "\n", 0o600)


def reported_links(
    ip_address_json: str | None = None, hardware: Callable[[str], Hardware] = read_hardware
) -> dict[str, float]:
    """Return by each own address the bytes per second that its interface reports, where a wire is behind it."""
    text = command_output("ip", "-details", "-json", "address") if ip_address_json is None else ip_address_json
    return {
        address["address"]: one["speed_mbits"] * 1e6 / 8
        for one in parse_interfaces(text, hardware)
        if one["speed_mbits"] and one["kind"] not in _WITHOUT_WIRE
        for address in one["addresses"]
    }


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
