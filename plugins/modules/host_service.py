#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: host_service
short_description: Keep a small service of the collection's own on a host
version_added: "1.0.0"
description:
  - Keeps the files of a service and its systemd unit as they are wanted, enabled and active, or removes them.
  - Looks at all of it in one run, and touches systemd only where something differs. A unit that can reload is reloaded
    after a change, any other is restarted.
  - Needs no Docker, and runs as root.
extends_documentation_fragment:
  - distrain.cluster.attributes
options:
  name:
    description: The name of the unit, such as V(distrain-heal.service).
    type: str
    required: true
  files:
    description:
      - Every file of the service, the unit itself among them.
      - With O(state=absent) only their paths matter.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description:
          - Where the file lies. Its directory must exist, unless it is one of changes to a unit, such as
            V(/etc/systemd/system/docker.service.d).
        type: path
        required: true
      content:
        description: All that is in the file.
        type: str
        default: ""
  effective_when:
    description:
      - A command, as a list of words, that succeeds while what the service has set up is there.
      - Where it fails, the service is reloaded or restarted. Empty to trust in systemd alone.
    type: list
    elements: str
    default: []
  state:
    description: Whether the service is wanted.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ansible.builtin.systemd_service
    description: >-
      Starts, stops and enables any unit. Take it, with M(ansible.builtin.copy) for the files, for services of your
      own.
"""

EXAMPLES = r"""
- name: Keep the service that starts what the engine has given up
  distrain.cluster.host_service:
    name: distrain-heal.service
    files:
      - path: /usr/local/lib/distrain-heal.py
        content: "{{ lookup('ansible.builtin.file', 'heal.py', rstrip=false) }}"
      - path: /etc/systemd/system/distrain-heal.service
        content: "{{ lookup('ansible.builtin.template', 'distrain-heal.service.j2') }}"

- name: Remove it
  distrain.cluster.host_service:
    name: distrain-heal.service
    files:
      - path: /usr/local/lib/distrain-heal.py
      - path: /etc/systemd/system/distrain-heal.service
    state: absent
"""

RETURN = r"""
active:
  description: Whether the unit is active now.
  returned: success
  type: bool
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine
from ansible_collections.distrain.cluster.plugins.module_utils.service.plan import ServiceState, plan_service
from ansible_collections.distrain.cluster.plugins.module_utils.service.state import apply_step, observe_service

FILE_SPEC = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "default": ""},
}
ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "dict", "required": True, "options": FILE_SPEC},
    "effective_when": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def observe(engine: None, params: Mapping[str, Any]) -> ServiceState:
    return observe_service(params)


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    apply_step(step, params)


def report(state: ServiceState, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"active": state.is_active}


def main() -> None:
    run_without_engine(Operation(observe, plan_service, apply, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
