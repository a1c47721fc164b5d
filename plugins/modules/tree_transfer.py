#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tree_transfer
short_description: Bring a directory from one host to all others in one pass
version_added: "1.0.0"
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
  - Names that are no UTF-8 arrive as they are. Where O(dest) is the same storage as O(path) of the source, nothing is
    done.
  - A digest is remembered on its host, in C(/var/lib/distrain/trees), until the size, the time of modification, the
    time of the last change (ctime), the device, the inode or the number of names of the file changes. Times count in
    nanoseconds. Only the kernel sets ctime, so that a file whose time was set back is read again. Digests of files
    that have changed within a minute before they were read are not remembered. What was written by a transfer is
    remembered too, but below O(untrusted_below), where a container could change a file as soon as it has its name.
  - Hosts compare their lists of files by digests of some hundreds of files each, and send only those of these pages
    that differ. An agent takes about 110 MB of memory for 300,000 files.
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
extends_documentation_fragment:
  - distrain.cluster.relay
  - distrain.cluster.attributes
attributes:
  check_mode:
    details: The files whose digests are not remembered are read, and nothing is remembered.
  diff_mode:
    details: Lists what it adds, changes and deletes, up to 500 names.
seealso:
  - module: ansible.posix.synchronize
    description: >-
      Wraps C(rsync) for one host at a time, with its options. Take it to bring files from the controller, or with
      access control lists. This module brings a directory to all hosts in the time of about one, and follows no link
      that somebody else could exchange.
  - module: ansible.builtin.copy
    description: Take it for a few small files.
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
seconds_expected:
  description:
    - How long it was expected to take by the rates that earlier transfers of these hosts have shown, and by what the
      interfaces report. It is null where a rate is not known yet.
  returned: always
  type: float
limited_by:
  description:
    - What has limited it, by where the time went, such as V(load of gpu-02), V(link of gpu-02) or V(disk of gpu-01).
      It is empty where no part took most of the time, and where nothing was sent.
  returned: always
  type: str
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
