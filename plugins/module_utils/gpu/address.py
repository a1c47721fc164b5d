# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the address of a PCI device in the form of /sys, whatever program wrote it."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"([0-9a-f]{1,8}):([0-9a-f]{2}):([0-9a-f]{2})(?:\.([0-7]))?", re.IGNORECASE)


def pci_address(text: str) -> str:
    """Return C(0000:3b:00.0) for C(00000000:3B:00.0) or C(PCI:0000:3b:00); empty where there is none."""
    found = _ADDRESS.search(text)
    if not found:
        return ""
    domain, bus, device, function = found.groups()
    return f"{int(domain, 16):04x}:{bus}:{device}.{function or 0}".lower()
