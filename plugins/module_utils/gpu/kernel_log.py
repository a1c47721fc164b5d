# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the Xid errors that NVIDIA's driver has written into the kernel's log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..base.printable import printable
from .address import pci_address

NEEDLE = "NVRM: Xid"
# Of each GPU and number there is one entry, so that a flood of lines stays small.
MAX_ENTRIES = 256
LONGEST = 200
_XID = re.compile(r"NVRM: Xid \((?:PCI:)?([0-9a-fA-F:.]{7,20})\): ([0-9]{1,5})(?:, ?(.*))?")
# Of journalctl -o short-unix, or of dmesg: seconds since the host's start.
_TIME = re.compile(r"\s*(?:\[\s*)?([0-9]{1,12}\.[0-9]{1,6})\b")
_PROCESS = re.compile(r"pid='?([0-9]{1,10})'?")
_NAME = re.compile(r"name=([^,]{1,64})")


def parse_xids(lines: Iterable[str], started: float = 0.0) -> list[dict[str, Any]]:
    """One entry for each GPU and number, in the order of their first lines. ``started`` is added to the times."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for line in lines:
        xid = _XID.search(line[:4096])
        address = pci_address(xid[1]) if xid else ""
        if not xid or not address:
            continue
        key = address, int(xid[2])
        if key not in found and len(found) >= MAX_ENTRIES:
            continue
        entry = found.setdefault(key, {"pci_address": address, "number": key[1], "count": 0})
        text = xid[3] or ""
        entry["count"] += 1
        entry |= {"time": _time(line, started), "said": printable(text, LONGEST), **_process(text)}
    return list(found.values())


def merged(known: Sequence[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries of two readings, the second of which has what was written later."""
    found = {(one["pci_address"], one["number"]): dict(one) for one in known}
    for one in new:
        before = found.get((one["pci_address"], one["number"]))
        if before or len(found) < MAX_ENTRIES:
            count = one["count"] + (before["count"] if before else 0)
            found[(one["pci_address"], one["number"])] = {**one, "count": count}
    return list(found.values())


def _time(line: str, started: float) -> float | None:
    found = _TIME.match(line)
    return round(started + float(found[1]), 3) if found else None


def _process(text: str) -> dict[str, Any]:
    pid, name = _PROCESS.search(text), _NAME.search(text)
    known = name and not name[1].startswith("<")
    return {"pid": int(pid[1]) if pid else None, "process": printable(name[1], 64) if name and known else ""}
