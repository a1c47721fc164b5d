#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: nvidia_driver_decision
version_added: "1.0.0"
short_description: Decide what the role nvidia_driver has to do on each host
description:
  - Reads C(nvidia_driver_arguments) and C(nvidia_driver_observed) (of M(distrain.cluster.nvidia_driver_info)) of all
    hosts
    of the play's batch, and decides what each of them needs, and in which order they are changed.
  - A driver that the role is not to touch, work that runs on a host, and whatever else prevents it, is one error that
    names
    the hosts; the play ends for all of them.
  - To be run with C(run_once), and registered as C(nvidia_driver_decision).
extends_documentation_fragment:
  - distrain.cluster.attributes.action
options:
  stage:
    description:
      - When it is decided. At the V(start); with the versions that apt has of the V(packages); when they were
        V(installed);
        when a host is V(done), which has to have the driver then or wait for a restart; at the end, when it is an error
        that a
        restart is V(pending).
    type: str
    choices: [start, packages, installed, done, pending]
    default: start
  host:
    description: With O(stage=done), the host that was changed, the only one that is judged.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Decide what has to be done
  distrain.cluster.nvidia_driver_decision:
  run_once: true
  register: nvidia_driver_decision
"""

RETURN = r"""
order:
  description: The hosts that have to be changed, in the order in which that is done.
  returned: success
  type: list
  elements: str
  sample: [gpu-01, gpu-02]
hosts:
  description: What is decided for each host, by its name.
  returned: success
  type: dict
  contains:
    needs:
      description:
        - What has to be done. V(repository), V(preferences) (of apt), V(packages), V(nouveau) (to keep it from
          loading),
          V(hold), V(load) (the module), V(restart); empty for nothing.
      type: list
      elements: str
      sample: [preferences, packages, hold, load]
    restart: {description: Why it has to be restarted; empty for no reason., type: str, sample: the driver nouveau is
    loaded}
    module: {description: The kernel module that its GPUs need., type: str, sample: open}
    packages: {description: The packages as apt takes them., type: list, elements: str, sample: [libcuda1=550.163.01-2]}
    names: {description: Those that apt is asked about., type: list, elements: str, sample: [libcuda1]}
    hold: {description: The packages that are to be held., type: list, elements: str, sample: [libcuda1]}
    preferences: {description: "What apt's preferences should hold.", type: str, sample: ""}
    signing_key:
      description: The key of the repository where it is needed.
      type: str
      sample: -----BEGIN PGP PUBLIC KEY BLOCK-----
"""
