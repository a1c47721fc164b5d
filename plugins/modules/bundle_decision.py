#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_decision
version_added: "1.0.0"
short_description: Verify a bundle, and decide what of it is used
description:
  - Verifies the signature of the manifest, its version, and the size and the SHA-256 of every file that it lists. A
    file that it does not list is refused. A file that has not changed since is not read again.
  - Compares what the hosts lack, and what the trainer is built from, with what the bundle has. All that is missing is
    one error, before anything is changed.
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
options:
  stage:
    description:
      - At the V(start), all of this.
      - With V(packages), whether the bundle has what apt on each host needs, which has been registered as
        C(bundle_asked).
    type: str
    choices: [start, packages]
    default: start
"""

EXAMPLES = r"""
- name: Verify the bundle
  distrain.cluster.bundle_decision:
  run_once: true
  register: bundle_decision
"""

RETURN = r"""
path:
  description: The folder of the bundle on the controller.
  returned: with O(stage=start)
  type: str
  sample: /srv/bundle
hosts:
  description:
    - By host its distribution, architecture and directory, the repositories, and the files that apt reads them from.
  returned: with O(stage=start)
  type: dict
  sample: {gpu-01: {name: debian-13-amd64, architecture: amd64, sources: [], index: []}}
environment:
  description: The environment in which apt on a host reads the bundle alone.
  returned: with O(stage=start)
  type: dict
  sample: {APT_CONFIG: /var/lib/distrain/bundle/apt.conf}
sdk_wheels:
  description: The directory of the wheels of the modules' Python.
  returned: with O(stage=start)
  type: str
  sample: /srv/bundle/sdk-wheels
trainer:
  description: The paths of what the trainer is built from, or of its image.
  returned: with O(stage=start)
  type: dict
  sample: {base: /srv/bundle/trainer/base.tar, wheels: /srv/bundle/trainer/wheels}
"""
