# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of M(distrain.cluster.tree_transfer): one pass over all hosts, by agents that it starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.fleet import Fleet
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.tree import TreeDelivery, TreeOrder
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.shared_pass import Results
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import RELAY_ARGUMENTS, RelayAction

_ARGUMENTS: dict[str, Any] = {
    "path": {"type": "str", "required": True},
    "dest": {"type": "str"},
    "untrusted_below": {"type": "str", "default": ""},
    **RELAY_ARGUMENTS,
    "delete": {"type": "bool", "default": False},
    "owner": {"type": "bool", "default": False},
    "outside_links": {"type": "str", "choices": ["refuse", "keep", "skip"], "default": "refuse"},
}
# Directories that a system lives in: no model or data set is brought over them.
_SYSTEM = frozenset("/ /bin /boot /dev /etc /lib /lib64 /proc /root /run /sbin /sys /usr /var /var/lib".split())


class ActionModule(RelayAction):
    """Brings a directory."""

    argument_spec = _ARGUMENTS
    kind = "tree"

    def prepare(self) -> Callable[[Fleet, Sequence[str]], Results]:
        order = self._order()
        return lambda fleet, hosts: TreeDelivery(order, fleet, Display().display).deliver(hosts, self._task.check_mode)

    def _order(self) -> TreeOrder:
        arguments = self.arguments
        return TreeOrder(
            path=_checked("path", arguments["path"]),
            dest=_checked("dest", arguments["dest"] or arguments["path"]),
            delete=arguments["delete"],
            owner=arguments["owner"],
            outside_links=arguments["outside_links"],
            untrusted_below=_checked("untrusted_below", arguments["untrusted_below"] or "/").rstrip("/"),
            shows_diff=self._task.diff,
            **self.relay_order(),
        )


def _checked(option: str, written: str) -> str:
    path = PurePosixPath(written)
    if not path.is_absolute() or ".." in path.parts:
        raise PlanError(f"{option} is {written!r}, but must be the absolute path of a directory, without '..'.")
    if option == "dest" and str(path) in _SYSTEM:
        raise PlanError(f"dest is {written!r}, a directory of the system. Name one of your own below it.")
    return str(path)
