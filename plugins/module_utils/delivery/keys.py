# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""By which keys the hosts of a relay know each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..relay.tls import RunKeys


class Authority(Protocol):
    """Signs for the hosts of one relay."""

    def keys_for(self, identity: str) -> RunKeys: ...


@dataclass(frozen=True)
class RelayKeys:
    """New keys of an authority for each relay; without one, those that the hosts have, under these identities."""

    make_authority: Callable[[], Authority] | None = None
    identities: Mapping[str, str] = field(default_factory=dict)

    def identity(self, host: str, number: int) -> str:
        return self.identities.get(host) or f"h{number}.distrain.invalid"

    def authority(self) -> Callable[[str], dict[str, Any] | None]:
        """Return a function that returns the keys for an identity; None are those that the host has."""
        if self.make_authority is None:
            return lambda _identity: None
        made = self.make_authority()
        return lambda identity: dataclasses.asdict(made.keys_for(identity))
