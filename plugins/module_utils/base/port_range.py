# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a range of TCP ports, as a user writes it."""

from __future__ import annotations

import re

from .errors import PlanError

# Below, a port belongs to a service of the system.
LOWEST, HIGHEST = 1024, 65535
_RANGE = re.compile(r"\s*([0-9]{1,5})\s*(?:-\s*([0-9]{1,5})\s*)?")


def parsed_port_range(option: str, written: str) -> range:
    """Return the ports of C(28500-28599) or C(28500), none for an empty text; raise PlanError for any other."""
    if not written.strip():
        return range(0)
    found = _RANGE.fullmatch(written)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not LOWEST <= first <= last <= HIGHEST:
        raise PlanError(
            f"{option}: found {written!r}, wanted a range of ports such as 28500-28599, the lower one first, "
            f"from {LOWEST} to {HIGHEST}."
        )
    return range(first, last + 1)


def written_port_range(ports: range) -> str:
    """Return the range as a user writes it; empty for no port."""
    if len(ports) < 2:
        return "".join(map(str, ports))
    return f"{ports[0]}-{ports[-1]}"
