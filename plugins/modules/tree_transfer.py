#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tree_transfer
short_description: Bring a directory from one host to all others in one pass
version_added: "1.1.0"
description:
  - Brings a directory of O(source_host), such as a model, a data set or code, to every host that the task runs for.
    Each host forwards what it receives while it receives it, so that many hosts take about as long as one.
  - Files are known by the SHA-256 of their content, in parts of 64 MiB. A part that the host has anywhere in O(dest)
    is not sent.
  - A file is written under a hidden name in O(dest) and gets its own name once its digest is right. What came whole
    stays when a transfer is cut; the next run sends the rest, and of a large file at most one part again.
  - Modes and times of modification are brought, as are symbolic links and empty directories. Hard links become files
    of their own. Without O(owner), files belong to the user that the task becomes, and the bits setuid and setgid are
    not brought. Access control lists and extended attributes are not brought either.
  - No symbolic link below O(path) or O(dest) is ever followed, and nothing is written outside of O(dest). On the way to
    them a link is followed only where root (or the user that the task becomes) made it in a directory that nobody else
    can write; any other link is an error that names it.
  - Only regular files, directories and symbolic links are brought. Sockets, pipes and devices are an error that names
    them, as is a hard link to a file of another user than its directory's. A file in O(dest) that has another name too
    is replaced, not changed.
  - The task of one host works for all hosts that run it with the same arguments; where arguments differ by host, or a
    condition keeps a host from the task, each host gets only what its own task says. Where there are fewer forks than
    hosts, in roles, included files, handlers, blocks with C(rescue) and with strategies other than C(linear), as many
    hosts as there are forks come at a time. Naming the O(hosts) brings it to all of them at once there too.
  - Names that are no UTF-8 arrive as they are. Where O(dest) is the
    same storage as O(path) of the source, nothing is done.
  - A digest is remembered on its host, in C(/var/lib/distrain/trees), until the size, the time of modification, the
    time of the last change (ctime) or the inode of the file changes.
options:
  path:
    description:
      - The directory on O(source_host). Its content is brought, not the directory as a part of something.
      - A file that changes while it is read is an error that names it.
    type: str
    required: true
  dest:
    description: The directory on the other hosts; O(path) where it is not given. It and those above it are made.
    type: str
  untrusted_below:
    description:
      - A directory that holds O(path) and O(dest) and in which a container can write, such as the source of a volume.
        No symbolic link below it is followed, not even one of root, since root in a container is root on its host.
    type: str
    default: ""
    version_added: "1.1.0"
  source_host:
    description:
      - The host that has the directory, by its name in the inventory. On this host itself there is nothing to do.
    type: str
    required: true
  hosts:
    description:
      - All hosts that the directory is brought to, by their names in the inventory, whether they have come to the task
        or not; a host for which its own variables make the arguments others, or a condition false, is left out.
      - Where not given, those that run the task, and with C(run_once) those of the play's current batch.
    type: list
    elements: str
  delete:
    description:
      - Whether to delete what O(dest) holds and O(path) does not. Without it nothing is deleted, and where a directory
        stands in the place of a file, or the other way round, nothing is brought.
    type: bool
    default: false
  owner:
    description:
      - Whether to keep owners, groups, and the bits setuid and setgid. Owners and groups are brought as numbers.
    type: bool
    default: false
  outside_links:
    description:
      - What to do with symbolic links that are absolute or lead out of O(path).
      - With V(keep) they are brought as they are, with V(skip) they are left out.
    type: str
    choices: [refuse, keep, skip]
    default: refuse
  addresses:
    description:
      - At which address the other hosts reach a host, by its name in the inventory. Where a host is not named, it is
        the data path address of its swarm, and outside a swarm the address of the default route.
    type: dict
    default: {}
  disk_reserve:
    description:
      - What must stay free on the disk after the transfer, in bytes, or with a unit such as V(500M) or V(20G), in
        powers of 1024.
    type: str
    default: 1G
  patience:
    description: For how many seconds nothing may come to a host before it gives up.
    type: int
    default: 60
extends_documentation_fragment:
  - distrain.cluster.attributes
attributes:
  check_mode:
    details: The files of all hosts are read.
  diff_mode:
    details: Lists what it adds, changes and deletes, up to 500 names.
notes:
  - All hosts must be reached by the connection plugin P(ansible.builtin.ssh#connection) with keys, and become, where
    it is used, by C(sudo) without a password. The host keys are checked as the SSH client is configured.
  - Files travel from host to host over TLS 1.3 with keys that are made for one run. A host listens only on the one
    address, and only while the transfer runs.
seealso:
  - module: distrain.cluster.image_transfer
"""

EXAMPLES = r"""
- name: Bring the model to every host
  distrain.cluster.tree_transfer:
    source_host: gpu-01
    path: /srv/models/llama-3-8b

- name: Let the code on every host be exactly that of the first
  distrain.cluster.tree_transfer:
    source_host: gpu-01
    path: /srv/code
    dest: /opt/code
    delete: true
"""

RETURN = r"""
files_sent:
  description: The files of which anything came to the host; 0 where it failed.
  returned: always
  type: int
bytes_sent:
  description: The bytes of files that came to the host; 0 where it had all of them.
  returned: always
  type: int
bytes_again:
  description: The bytes among them that came a second time, because they were wrong or because a host died.
  returned: always
  type: int
deleted:
  description: How many files, links and directories were deleted; in check mode, would be.
  returned: always
  type: int
seconds:
  description: How long receiving took, without reading what is there.
  returned: always
  type: float
from_hosts:
  description: From which hosts the bytes came.
  returned: always
  type: dict
refused:
  description: Parts that came with wrong bytes, each with its digest, the digest that came, and the host that sent it.
  returned: always
  type: list
  elements: dict
free_bytes:
  description: What is free on the disk.
  returned: when the disk is too small
  type: int
needed_bytes:
  description: What the files that are to be written take at most at the same time.
  returned: when the disk is too small
  type: int
"""
