#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_transfer
short_description: Bring an image from one host to all others without a registry
version_added: "1.0.0"
description:
  - Brings an image of O(source_host) to all hosts that the task runs for, in one pass. Each host hands on what it
    receives while it receives it, so every interface carries the image once, and many hosts take about as long as one.
  - Nothing is sent where the host already has the image under this name. What counts is the identity of the image (its
    layers and its runtime config), not the name and not the image ID. Where the host has the image, but not its name,
    it only gets the name.
  - Only the layers that a host lacks come to it, for the classic and the containerd image store and between both.
  - The source reads layers where its engine keeps them, and writes none of them to a disk; for the classic store that
    works with the storage driver overlay2, and needs root. Where a layer cannot be read so, or what is read has another
    digest, the task says which one and why, and the engine saves what is left into O(spool_directory).
  - A layer goes into the engine while it comes, and only once its digest was found right does the engine act on it.
    What has come whole stays there under a name that begins with C(distrain-prefix/) until the image is complete, so
    that the next run goes on from there where one was cut. What dead runs have left goes with the next run.
  - Of the layer that was coming when a run was cut, the host keeps what it still has in memory, at most 128 MiB and
    only from the layer's first byte on, as a file in O(spool_directory). The next run goes on within that layer and
    removes the file. A larger layer that was further than that comes again as a whole.
  - A host that fails or cannot be reached fails alone; those behind it receive from the host before it, or from the
    source. Its result says what it had received, as far as is known.
  - A layer that was damaged on its way is refused and fetched again. A layer that was damaged in the spool is named and
    saved again.
  - Before anything is sent, the free space of each receiving disk is compared with what is to come, and before the
    engine saves anything, that of the source with what this takes. A host whose disk is too small fails with both
    figures, and the others get the image.
  - The name on a receiving host points to what it pointed to before until the whole image is there.
options:
  name:
    description: The image to bring. A name without a tag means the tag V(latest).
    type: str
    required: true
  spool_directory:
    description:
      - Where the source keeps the layers that its engine had to save, as files under their digests, so that the engine
        saves none of them twice. Where all are read from the engine's own files, it keeps there at most the sizes of
        compressed layers, and other hosts at most, after a cut, the beginning of one layer.
      - It must be a directory of its own, since files are deleted there. One that does not exist is made; one that is
        empty, or holds nothing but the spool's files, is taken as it is. Any other is refused.
    type: path
    default: /var/lib/distrain/spool
  spool_limit:
    description:
      - How much the spool may hold after a run, in bytes or with a unit. The layers that were used least recently go
        first.
    type: str
    default: 64G
  docker_host:
    description: The engine's API, which must be a socket of the host.
    type: str
    default: unix:///var/run/docker.sock
  engine_timeout:
    description:
      - How many seconds the engine may be silent within one call before the call counts as failed. Saving and loading
        have longer, by their size.
    type: int
    default: 60
requirements:
  - Docker Engine 25 or newer
extends_documentation_fragment:
  - distrain.cluster.relay
  - distrain.cluster.attributes
attributes:
  check_mode:
    details: An image that the source does not have yet counts as one that would be sent.
notes:
  - The hosts need Python 3.10 as C(python3) and the engine's socket; neither Docker's SDK nor the C(docker) command.
seealso:
  - module: community.docker.docker_image_pull
    description: >-
      With a registry, pulls on each host. Take it where there is a registry that all hosts reach fast.
  - module: community.docker.docker_image_load
    description: >-
      With M(community.docker.docker_image_export) and a copy between, brings an archive to one host. Take it where
      hosts are not reached by SSH.
  - module: distrain.cluster.image_save
  - module: distrain.cluster.image_load
"""

EXAMPLES = r"""
- name: Bring the training image to every worker
  distrain.cluster.image_transfer:
    name: distrain/llama-factory:e3d8fc7
    source_host: gpu-01

- name: Bring it over the fast network
  distrain.cluster.image_transfer:
    name: distrain/llama-factory:e3d8fc7
    source_host: gpu-01
    addresses:
      gpu-01: 10.10.0.1
      gpu-02: 10.10.0.2
"""

RETURN = r"""
bytes_sent:
  description: The bytes of layers that came to the host, those that came again included; 0 where nothing was sent.
  returned: when the source can be reached
  type: int
bytes_again:
  description: Those of them that had come before, because a layer was wrong or its beginning was lost.
  returned: when the source can be reached
  type: int
layers_sent:
  description: How many layers came to the host.
  returned: when the source can be reached
  type: int
layers_skipped:
  description: How many layers of the image did not have to come.
  returned: success
  type: int
seconds:
  description: How long receiving and loading took on this host.
  returned: when the source can be reached
  type: float
seconds_expected:
  description:
    - How long it was expected to take by the rates that earlier transfers of these hosts have shown, and by what the
      interfaces report. It is null where a rate is not known yet.
  returned: when the source can be reached
  type: float
limited_by:
  description:
    - What has limited it, by where the time went, such as V(load of gpu-02), V(link of gpu-02) or V(disk of gpu-01).
      It is empty where no part took most of the time, and where nothing was sent.
  returned: when the source can be reached
  type: str
from_hosts:
  description: How many bytes came from each host.
  returned: when the source can be reached
  type: dict
  sample: {gpu-01: 1024, gpu-02: 1048576}
refused:
  description: The layers that came with wrong bytes, and from which host.
  returned: when the source can be reached
  type: list
  elements: dict
  contains:
    digest: {description: The digest of the layer., type: str}
    found: {description: The digest of what came., type: str}
    from: {description: The host that sent it., type: str}
spool:
  description: What the spool of O(source_host) holds after the run; in check mode, what it holds now.
  returned: when the source can be reached
  type: dict
  contains:
    directory: {description: Where it is on that host., type: str}
    layers: {description: How many layers it holds., type: int}
    bytes: {description: Their bytes., type: int}
    limit_bytes: {description: "How many it may hold, O(spool_limit).", type: int}
    free_bytes: {description: What is free on its disk., type: int}
image_identity:
  description:
    - What is the same on every host that holds this image, as M(distrain.cluster.image_info) returns it. It is null
      in check mode where the source lacks it.
  returned: success
  type: dict
"""
