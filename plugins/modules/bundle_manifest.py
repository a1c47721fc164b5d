#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bundle_manifest
version_added: "1.0.0"
short_description: Write and sign the manifest of a bundle
description:
  - Reads every file of the folder in C(bundle_contents), and writes their sizes, SHA-256 and origins into
    C(manifest.json) there, with a signature by OpenSSH in C(manifest.json.sig). Where both are right already, nothing
    is written.
  - A signing key that is not there is made.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    details: It neither writes nor signs.
"""

EXAMPLES = r"""
- name: Write and sign the manifest
  distrain.cluster.bundle_manifest:
  run_once: true
  register: bundle_manifest
"""

RETURN = r"""
public_key:
  description: The public half of the signing key, for the variable C(bundle_public_key) of the site.
  returned: success
  type: str
  sample: ssh-ed25519 AAAA
files:
  description: How many files the bundle has.
  returned: success
  type: int
  sample: 212
bytes:
  description: Their size together, in bytes.
  returned: success
  type: int
  sample: 1300000000
"""
