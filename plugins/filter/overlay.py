# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The endpoints of an overlay network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.plugin_utils.overlay.table import matrix_lines, verdict_message
from ansible_collections.distrain.cluster.plugins.plugin_utils.overlay.verdict import Overlay, judge_overlay


def overlay_endpoints(hosts: Sequence[str], network: str, keepalive: str) -> list[dict[str, str]]:
    """One endpoint a host, by the name of its keepalive container."""
    return [{"network": network, "host": host, "name": f"{keepalive}-{host}"} for host in hosts]


def overlay_verdict(
    hostvars: Mapping[str, Mapping[str, Any]],
    hosts: Sequence[str],
    network: str,
    encrypted: bool,
    listened: str,
    probed: str,
    data_path_port: int = 4789,
) -> dict[str, Any]:
    answers = {host: hostvars[host].get(probed) or {} for host in hosts}
    overlay = Overlay(
        name=network,
        encrypted=bool(encrypted),
        data_path_port=int(data_path_port),
        heard={host: one.get("heard") for host, one in answers.items()},
        features={host: (hostvars[host].get(listened) or {}).get("features") or {} for host in hosts},
    )
    return judge_overlay([row for one in answers.values() for row in one.get("measurements") or ()], overlay)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "overlay_endpoints": overlay_endpoints,
            "overlay_matrix": matrix_lines,
            "overlay_problems": verdict_message,
            "overlay_verdict": overlay_verdict,
        }
