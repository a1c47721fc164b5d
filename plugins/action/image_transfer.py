# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of M(distrain.cluster.image_transfer): one pass over all hosts, by agents that it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.fleet import Fleet
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.shared_pass import Results
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import (
    RELAY_ARGUMENTS,
    RelayAction,
    bytes_of,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.image import ImageDelivery, ImageOrder

_ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    **RELAY_ARGUMENTS,
    "spool_directory": {"type": "path", "default": "/var/lib/distrain/spool"},
    "spool_limit": {"type": "str", "default": "64G"},
    "docker_host": {"type": "str", "default": "unix:///var/run/docker.sock"},
    "engine_timeout": {"type": "int", "default": 60},
}


class ActionModule(RelayAction):
    """Brings an image."""

    argument_spec = _ARGUMENTS
    kind = "image"

    def prepare(self) -> Callable[[Fleet, Sequence[str]], Results]:
        order = self._order()
        return lambda fleet, hosts: ImageDelivery(order, fleet, Display().display).deliver(hosts, self._task.check_mode)

    def _order(self) -> ImageOrder:
        arguments = self.arguments
        return ImageOrder(
            name=arguments["name"],
            docker_host=arguments["docker_host"],
            engine_timeout=arguments["engine_timeout"],
            spool_directory=arguments["spool_directory"],
            spool_limit=bytes_of("spool_limit", arguments["spool_limit"]),
            **self.relay_order(),
        )
