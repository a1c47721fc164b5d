# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What the two ends of a measurement between hosts have in common."""

    DOCUMENTATION = r"""
options:
  endpoints:
    description: The addresses of all hosts in all networks, at most one of a host in a network.
    type: list
    elements: dict
    default: []
    suboptions:
      network:
        description: What the network is called.
        type: str
        required: true
      host:
        description: The inventory name of the host.
        type: str
        required: true
      address:
        description: Its address in that network; of a container it is not known beforehand.
        type: str
      name:
        description: The name of its container on the overlay network, resolved by the container's own name server.
        type: str
      mtu:
        description: The MTU of its interface in that network, in bytes. Without it no path MTU is measured.
        type: int
  container:
    description: Use the network of this running container instead, with its address in O(container_network).
    type: str
  container_network:
    description: The network of the container.
    type: str
"""
