#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: nvidia_toolkit_decision
version_added: "1.0.0"
short_description: Decide what the role nvidia_toolkit has to do on each host
description:
  - Reads C(nvidia_toolkit_arguments) and C(nvidia_toolkit_observed) (of M(distrain.cluster.nvidia_toolkit_info)) of all
    hosts of the play's batch, and decides what each of them needs, and which engine is restarted first.
  - A GPU that does not work, or anything else that prevents it, is one error that names the hosts; the play ends for
    all of them.
  - To be run with C(run_once), and registered as C(nvidia_toolkit_decision).
extends_documentation_fragment:
  - distrain.cluster.attributes.action
options:
  stage:
    description: When it is decided; at the V(start), or once the packages are V(installed).
    type: str
    choices: [start, installed]
    default: start
"""

EXAMPLES = r"""
- name: Decide what has to be done
  distrain.cluster.nvidia_toolkit_decision:
  run_once: true
  register: nvidia_toolkit_decision
"""

RETURN = r"""
hosts:
  description: What is decided for each host, by its name.
  returned: success
  type: dict
  contains:
    gpu_count: {description: How many GPUs the host has., type: int, sample: 8}
    needs:
      description:
        - What has to be done. V(repository), V(packages), V(configuration) (of the engine), V(specification) (of CDI),
          V(proof) (from inside a container); empty for nothing.
      type: list
      elements: str
      sample: [proof]
    packages:
      description: The packages as apt takes them.
      type: list
      elements: str
      sample: [nvidia-container-toolkit=1.18.1-1]
    signing_key:
      description: The key of the repository where it is needed.
      type: str
      sample: -----BEGIN PGP PUBLIC KEY BLOCK-----
first_to_restart:
  description: The host whose engine is restarted first; empty where none has to be.
  returned: success
  type: str
  sample: gpu-01
"""
