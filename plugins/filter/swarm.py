# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role swarm; each wraps a pure function of module_utils."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.service.plan import differing_services
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.keepalive import (
    keepalive_differences,
    settings_digest,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.needs import (
    carriers_of,
    host_needs,
    known_membership,
    members_of,
    unlisted_sentences,
    working_managers,
)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "keepalive_differences": keepalive_differences,
            "differing_services": differing_services,
            "known_membership": known_membership,
            "settings_digest": settings_digest,
            "swarm_carriers": carriers_of,
            "swarm_members": members_of,
            "swarm_needs": host_needs,
            "swarm_unlisted_nodes": unlisted_sentences,
            "swarm_working_managers": working_managers,
        }
