#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: apt_hold
version_added: "1.0.0"
short_description: Hold packages of apt at their version, and release those alone that were held so
description:
  - Holds packages (C(apt-mark hold)), so that neither C(apt-get upgrade) nor unattended upgrades replace them.
  - What it holds is written into a record on the host. A package that somebody else has held is in no record, and is
    never
    released.
extends_documentation_fragment:
  - distrain.cluster.attributes
options:
  packages:
    description:
      - The packages that are to be held; each has to be installed. Those in the record that are not among them are
        released.
    type: list
    elements: str
    default: []
  record:
    description: The path of the record; there is none where it holds nothing.
    type: path
    required: true
  state:
    description: With V(absent), all packages in the record are released, and it is removed.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: ansible.builtin.dpkg_selections
    description: Holds one package, and does not know who has held it.
"""

EXAMPLES = r"""
- name: Hold the driver at its version
  distrain.cluster.apt_hold:
    packages: [libcuda1, nvidia-smi]
    record: /opt/distrain/driver-holds.json

- name: Release what was held so
  distrain.cluster.apt_hold:
    record: /opt/distrain/driver-holds.json
    state: absent
"""

RETURN = r"""
held:
  description: The packages of O(packages) and of the record that are held at the end, whoever has held them.
  returned: success
  type: list
  elements: str
  sample: [libcuda1, nvidia-smi]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.apt.hold_plan import HoldState, plan_hold
from ansible_collections.distrain.cluster.plugins.module_utils.apt.holds import apply_hold, observe_holds
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine

ARGUMENT_SPEC = {
    "packages": {"type": "list", "elements": "str", "default": []},
    "record": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def observe(engine: None, params: Mapping[str, Any]) -> HoldState:
    return observe_holds(params)


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    apply_hold(step, params)


def report(state: HoldState, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"held": sorted(state.held)}


def main() -> None:
    run_without_engine(Operation(observe, plan_hold, apply, report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
