# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The address of the registry that a host of the cluster runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.registry import name as registry_name


def registry_address(found: Mapping[str, Any], address: str, port: int) -> str:
    """HOST:PORT, from what C(host_info) has found on that host."""
    try:
        return registry_name.registry_address(found, address, int(port))
    except ClusterError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"registry_address": registry_address}
