# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings that the messages of the swarm modules advise: each has two names.

The role swarm has a variable, and its module an option. A message names both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """An option of M(distrain.cluster.swarm_init) and its neighbours, and the variable of the role swarm given to it.

    ``reset_variable`` is the one that the role reset gives to it; empty where it gives none.
    """

    option: str
    variable: str
    reset_variable: str = ""

    def __str__(self) -> str:
        return f"{self.variable} ({self._others()})"

    def to(self, value: Any) -> str:
        """The setting with the value that it is to get, as in YAML."""
        shown = str(value).lower() if isinstance(value, bool) else value
        return f"{self.variable}: {shown} ({self._others()})"

    def _others(self) -> str:
        of_reset = f"in the role reset {self.reset_variable}, " if self.reset_variable else ""
        return f"{of_reset}the module's option {self.option}"


LEAVE_FOREIGN = Setting("leave_foreign", "swarm_leave_foreign")
# Where a host leaves for good, both roles may be at work.
LEAVE_FOREIGN_FOR_GOOD = Setting("leave_foreign", "swarm_leave_foreign", "reset_leave_foreign")
REJOIN = Setting("rejoin", "swarm_rejoin")
ADVERTISE_ADDR = Setting("advertise_addr", "swarm_advertise_addr")
DATA_PATH_ADDR = Setting("data_path_addr", "swarm_data_path_addr")
DATA_PATH_PORT = Setting("data_path_port", "swarm_data_path_port")
DEFAULT_ADDR_POOL = Setting("default_addr_pool", "swarm_default_addr_pool")
SUBNET_SIZE = Setting("subnet_size", "swarm_subnet_size")
NETWORK_NAME = Setting("name", "swarm_network_name")
SUBNET = Setting("subnet", "swarm_network_subnet")
RECREATE = Setting("recreate", "swarm_network_recreate")
# The options of a module whose values the role swarm gives by another variable.
SETTINGS = (
    *(LEAVE_FOREIGN, LEAVE_FOREIGN_FOR_GOOD, REJOIN, ADVERTISE_ADDR, DATA_PATH_ADDR, DEFAULT_ADDR_POOL, SUBNET_SIZE),
    *(DATA_PATH_PORT, NETWORK_NAME, SUBNET, RECREATE),
)
