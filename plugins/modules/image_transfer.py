#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_transfer
short_description: Bring an image from one host to another without a registry
version_added: "1.0.0"
description:
  - Brings an image of O(source_host) to the host that the task runs for. Over many hosts, the transfers run side by
    side, as many as Ansible has forks.
  - Nothing is sent where the host already has the image under this name. What counts is the identity of the image (its
    layers and its runtime config), not the name and not the image ID. Where the host has the image, but not its name,
    it only gets the name.
  - The archive that C(docker save) writes on the source goes through the controller, by one SSH connection to either
    host, into C(docker load) on the receiving one. Nothing is stored on the controller.
  - Between two classic image stores, the layers that the receiving host already has are not sent.
  - Before anything is sent, the free space of both disks is compared with the size of the image. An engine that loads
    needs twice the bytes that it lacks, because it writes the archive to its disk before it unpacks it; an engine that
    saves needs the size of the image once for each host that it sends to at the same time.
  - After the transfer the identity of the image is compared once more. Where a transfer fails, the name on the
    receiving host points to what it pointed to before.
options:
  name:
    description:
      - The image to bring. A name without a tag means the tag V(latest).
    type: str
    required: true
  source_host:
    description:
      - The host that has the image, by its name in the inventory. For this host itself there is nothing to do.
    type: str
    required: true
  disk_reserve:
    description:
      - What must stay free on either engine's disk after the transfer, in bytes, or with a unit such as V(500M) or
        V(20G), in powers of 1024.
    type: str
    default: 1G
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.engine.attributes
attributes:
  check_mode:
    support: full
    details: An image that the source does not have yet counts as one that would be sent.
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Both hosts must be reached by the connection plugin P(ansible.builtin.ssh#connection) with keys, and become, where
    it is used, by C(sudo) without a password. The host keys are checked as the SSH client is configured, also where
    Ansible is told not to check them.
  - Both hosts need the C(docker) command.
seealso:
  - module: distrain.cluster.image_save
  - module: distrain.cluster.image_load
"""

EXAMPLES = r"""
- name: Bring the training image to every worker
  distrain.cluster.image_transfer:
    name: distrain/llama-factory:e3d8fc7
    source_host: gpu-01
"""

RETURN = r"""
bytes_sent:
  description: The bytes of the archive that reached the host; 0 where nothing was sent.
  returned: success
  type: int
layers_sent:
  description: The layers among them.
  returned: success
  type: int
seconds:
  description: How long sending and loading took.
  returned: success
  type: float
image_identity:
  description: What is the same on every host that holds this image; null in check mode where the source lacks it.
  returned: success
  type: dict
  contains:
    fingerprint:
      description: The SHA-256 of the layers' diff IDs, the runtime config, the architecture and the system.
      returned: success
      type: str
    config_digest:
      description: The digest of the image's config; null where the image store does not tell it.
      returned: success
      type: str
    diff_ids:
      description: The diff IDs of the layers, the lowest first.
      returned: success
      type: list
      elements: str
"""
