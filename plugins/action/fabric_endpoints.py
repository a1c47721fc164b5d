# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where to measure between the hosts of the play, and whether to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.decision import (
    endpoints_of,
    is_settled,
    measurements_of,
)


def earlier_measurements(play: PlayVariables) -> list[Any]:
    """What an earlier play of this run measured."""
    return list((play.own.get("fabric_endpoints") or {}).get("measured") or ())


class ActionModule(PlayDecision):
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        measure = play.own["fabric_arguments"]["measure"]
        observed = play.registered("fabric_observed")
        measured: list[Any] = []
        if measure == "auto":
            measured = measurements_of(play.registered("fabric_probed")) or earlier_measurements(play)
            measure = "never" if measured or is_settled(observed) else "always"
        endpoints = endpoints_of(observed)
        return {
            "endpoints": endpoints,
            "hosts": list(dict.fromkeys(one["host"] for one in endpoints)) if measure == "always" else [],
            # A task that is skipped registers that, in the place of what it measured in an earlier play.
            "measured": measured,
            "token": secrets.token_hex(16),
            # The token is a secret for as long as the hosts listen.
            "_ansible_no_log": True,
        }
