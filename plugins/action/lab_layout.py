# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lay out the hosts of a lab; see the documentation of the module of this name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.capabilities import missing_capabilities
from ansible_collections.distrain.cluster.plugins.plugin_utils.lab.layout import lay_out


class ActionModule(ActionBase):
    """Runs on the controller, which carries the lab."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self.validate_argument_spec(argument_spec={})
        try:
            layout = lay_out((task_vars or {})["lab_arguments"])
            missing = missing_capabilities(Path("/proc/self/status").read_text(encoding="ascii", errors="replace"))
        except ClusterError as error:
            return {"changed": False, "failed": True, "msg": error.message}
        return {"changed": False, **layout, "missing_capabilities": missing}
