# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which join tokens are still to be made anew. Only fingerprints come here, never a token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.plan import Plan, Step


@dataclass(frozen=True)
class Tokens:
    """The fingerprint of each role's token, as it was at first and as it is now."""

    first: Mapping[str, str]
    now: Mapping[str, str]


def plan_rotation(tokens: Tokens, params: Mapping[str, Any]) -> Plan:
    roles = [role for role in params["roles"] if tokens.now[role] == tokens.first[role]]
    steps = (Step("rotate", {"roles": roles}),) if roles else ()
    return Plan(steps, dict.fromkeys(roles, "the token until now"), dict.fromkeys(roles, "a new token"))
