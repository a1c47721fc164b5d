#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_decision
version_added: "1.0.0"
short_description: Decide what the role docker has to do on each host
description:
  - Reads C(docker_arguments) and C(docker_observed) (of M(distrain.cluster.docker_info)) of all hosts of the play's
    batch, and decides what each of them needs, which engine is restarted first, and in which order engines that are
    there already are upgraded.
  - What cannot work is one error that names the hosts; nothing was changed then, and the play ends for all hosts.
  - To be run with C(run_once), and registered as C(docker_decision).
extends_documentation_fragment:
  - distrain.cluster.attributes.action
options:
  stage:
    description:
      - When it is decided; at the V(start), when the package lists are fresh and nothing is installed (V(packages)), or
        at the V(end), when an engine has to answer.
    type: str
    choices: [start, packages, end]
    default: start
"""

EXAMPLES = r"""
- name: Decide what has to be done
  distrain.cluster.docker_decision:
  run_once: true
  register: docker_decision

- name: Install Docker where it is missing
  ansible.builtin.include_tasks: act.yml
  when: docker_decision.hosts[inventory_hostname].needs | length > 0
"""

RETURN = r"""
hosts:
  description: What is decided for each host, by its name.
  returned: success
  type: dict
  contains:
    needs:
      description:
        - What has to be done. V(repository), V(packages), V(sdk), V(configuration) (of the engine, or its start),
          V(start) (of the engine with the host); empty for nothing.
      type: list
      elements: str
      sample: [packages, sdk]
    packages: {description: The packages to install as apt takes them., type: list, elements: str, sample: [docker.io]}
    package_names: {description: The same without versions., type: list, elements: str, sample: [docker.io]}
    can_install: {description: Whether apt can be run; false only in check mode., type: bool, sample: true}
    missing_requirements:
      description: The packages that the modules' Python lacks.
      type: list
      elements: str
      sample: ["docker==7.2.0"]
    has_environment: {description: Whether that Python runs., type: bool, sample: true}
    wheels_path:
      description: Where the controller has the wheels for it.
      type: str
      sample: /root/.cache/distrain/wheels/0c1d2e3f
    signing_key:
      description: The key of the repository where it is needed.
      type: str
      sample: -----BEGIN PGP PUBLIC KEY BLOCK-----
    is_ready: {description: Whether the modules can be run with an engine., type: bool, sample: true}
first_to_restart:
  description: The host whose engine is restarted first; empty where none has to be.
  returned: success
  type: str
  sample: gpu-01
upgrade_order:
  description: The hosts whose engine apt would upgrade or replace, one after the other; at the stage V(packages) only.
  returned: success
  type: list
  elements: str
  sample: [gpu-01, gpu-02]
is_ready:
  description: Whether all hosts are ready.
  returned: success
  type: bool
  sample: true
"""
