#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mirrors_decision
version_added: "1.0.0"
short_description: Decide which mirrors are asked before anything is changed
description:
  - From C(preflight_arguments) and what M(distrain.cluster.host_info) returned on every host, registered as
    C(fabric_observed). A host is asked to look for what it will download itself, and no other.
extends_documentation_fragment:
  - distrain.cluster.attributes.decision
  - distrain.cluster.attributes.action
"""

EXAMPLES = r"""
- name: Decide which mirrors are asked
  distrain.cluster.mirrors_decision:
  register: preflight_mirrors
  run_once: true
"""

RETURN = r"""
hosts:
  description: By host the addresses that M(distrain.cluster.mirrors_info) is to ask there; none for other hosts.
  returned: success
  type: dict
  sample: {gpu-01: [{name: docker, kind: apt, url: "https://mirror.example.org/dists/trixie/InRelease"}]}
controller:
  description: The addresses that the controller reads itself.
  returned: success
  type: list
  elements: dict
  sample: [{name: docker key, kind: key, url: "https://mirror.example.org/gpg"}]
"""
