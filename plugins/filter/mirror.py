# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The address of a mirror."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors.presets import mirror_of


def mirror(mirrors: Any, name: str, otherwise: str = "") -> str:
    """The address of this name, or what stands for none."""
    try:
        return mirror_of(mirrors, name, otherwise)
    except PlanError as error:
        raise AnsibleFilterError(error.message.rstrip(".")) from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"mirror": mirror}
