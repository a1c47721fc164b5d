# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The choices of the role fabric as a table, and what pins NCCL and gloo to its interfaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choose import host_network_environments
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.decision import facts_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.table import choice_lines

OBSERVED = "fabric_observed"


def fabric_host_environments(
    hostvars: Mapping[str, Mapping[str, Any]], data_path: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """What pins NCCL and gloo to the interface of each host's data path, by host."""
    observed = {host: hostvars[host].get(OBSERVED) or {} for host in data_path}
    return host_network_environments(facts_of(observed), data_path)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"fabric_host_environments": fabric_host_environments, "fabric_table": choice_lines}
