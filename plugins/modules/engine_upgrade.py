#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: engine_upgrade
version_added: "1.0.0"
short_description: Install packages of the engine, and put the former ones back where it does not come up with them
description:
  - Installs packages by apt, as they are named, and waits until the engine answers, and until its node works in the
    swarm where it did before.
  - Where apt, the engine or the node fails, the versions that were installed before are installed again, where apt has
    them, and the engine is restarted. The module fails with the reason that the engine's journal has.
  - Nothing is installed while a restart of the engine would end a job, a command in a trainer's container, or a
    container that the engine does not start again.
  - Package lists are not refreshed. A configuration file that somebody has changed is kept.
extends_documentation_fragment:
  - distrain.cluster.engine.socket
  - distrain.cluster.attributes
options:
  packages:
    description: The packages as C(NAME) or C(NAME=VERSION), in which C(*) is allowed.
    type: list
    elements: str
    required: true
  restart_under_work:
    description: Whether the engine may be restarted although that ends what runs on the host.
    type: bool
    default: false
  restart_variable:
    description: What messages call O(restart_under_work), the variable that the user sets.
    type: str
    default: restart_under_work
  timeout:
    description: How long the engine may take to start and to answer, and its node to work, in seconds each.
    type: int
    default: 180
  lock_timeout:
    description: How long to wait for another apt on the host, in seconds.
    type: int
    default: 300
seealso:
  - module: ansible.builtin.apt
    description: Installs packages too. Take it where no engine runs yet.
"""

EXAMPLES = r"""
- name: Upgrade the engine
  distrain.cluster.engine_upgrade:
    packages: ["docker-ce=5:28.*", "docker-ce-cli=5:28.*"]
"""

RETURN = r"""
packages:
  description: The versions of the packages that have to do with the engine, as they are at the end.
  returned: success
  type: dict
  sample: {docker-ce: "5:28.5.1-1~debian.13~trixie"}
version:
  description: The version of the engine that answers; empty for none.
  returned: success
  type: str
  sample: 28.5.1
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.upgrade import apply_upgrade, observe_upgrade
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.upgrade_plan import UpgradeState, plan_upgrade
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine

ARGUMENT_SPEC: dict[str, Any] = {
    "packages": {"type": "list", "elements": "str", "required": True},
    "restart_under_work": {"type": "bool", "default": False},
    "restart_variable": {"type": "str", "default": "restart_under_work"},
    "timeout": {"type": "int", "default": 180},
    "lock_timeout": {"type": "int", "default": 300},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def observe(engine: None, params: Mapping[str, Any]) -> UpgradeState:
    return observe_upgrade(params)


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    apply_upgrade(step, observe_upgrade(params), params)


def report(state: UpgradeState, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"packages": dict(state.packages), "version": state.version}


def main() -> None:
    run_without_engine(Operation(observe, plan_upgrade, apply, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
