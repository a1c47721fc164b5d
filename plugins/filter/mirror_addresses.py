# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All addresses of mirrors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors import presets


def mirror_addresses(mirrors: Any) -> dict[str, str]:
    """Each address by its name; an empty one is the original."""
    try:
        return presets.mirror_addresses(mirrors)
    except PlanError as error:
        raise AnsibleFilterError(error.message.rstrip(".")) from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"mirror_addresses": mirror_addresses}
