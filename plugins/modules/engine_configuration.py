#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: engine_configuration
version_added: "1.0.0"
short_description: Keep options in the engine's configuration file, and the engine up with them
description:
  - Merges options into C(/etc/docker/daemon.json), restarts the engine where the file has changed, and waits until it
    answers. The engine has to accept the file, beside the flags of its unit, before it is written.
  - Where the engine does not come up, the file is put back as it was and the engine restarted with it; the module
    fails with the reason that the engine's journal has.
  - What was written is recorded in C(/etc/docker/daemon.json.distrain). A value that is not wanted any more is taken
    out again and the host's former value put back; keys that the host has of its own stay.
  - Starts an engine that does not answer.
extends_documentation_fragment:
  - distrain.cluster.engine.socket
  - distrain.cluster.attributes
options:
  owner:
    description:
      - The name under which the values are recorded. Each role has its own, so that none takes out what another wrote.
    type: str
    required: true
  options:
    description: The options that the file has to hold. Nested objects are merged.
    type: dict
    default: {}
  options_variable:
    description: What messages call O(options), the variable that the user sets.
    type: str
    default: options
  restart_under_work:
    description:
      - Whether the engine may be restarted although that ends jobs, commands in trainers' containers, or containers
        that the engine does not start again.
    type: bool
    default: false
  restart_variable:
    description: What messages call O(restart_under_work), the variable that the user sets.
    type: str
    default: restart_under_work
  timeout:
    description: How long the engine may take to restart and to answer, in seconds.
    type: int
    default: 180
  path:
    description: The path of the engine's configuration file.
    type: path
    default: /etc/docker/daemon.json
seealso:
  - module: ansible.builtin.copy
    description: >-
      Writes the whole of a C(daemon.json). Take it where nothing else writes there, and a restart needs no care. This
      module merges options, has the engine approve them, and puts the file back where the engine does not come up.
"""

EXAMPLES = r"""
- name: Let the engine use a mirror of the registry
  distrain.cluster.engine_configuration:
    owner: docker
    options:
      registry-mirrors: [https://mirror.example.org]
"""

RETURN = r"""
running_work:
  description: What a restart of the engine would end, in words.
  returned: success
  type: list
  elements: str
  sample: [the job sft (processes: 9)]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.change import apply_step, observe_engine_host
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.plan import EngineHost, plan_engine
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.preview import CONFIGURATION_SPEC
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine

ARGUMENT_SPEC: dict[str, Any] = {
    **CONFIGURATION_SPEC,
    "timeout": {"type": "int", "default": 180},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def observe(engine: None, params: Mapping[str, Any]) -> EngineHost:
    return observe_engine_host(params)


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    apply_step(step, observe_engine_host(params), params)


def report(host: EngineHost, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"running_work": list(host.work)}


def main() -> None:
    run_without_engine(Operation(observe, plan_engine, apply, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
