# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How a module finds the engine."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description: The address of the engine's API.
    type: str
    default: unix:///var/run/docker.sock
  engine_timeout:
    description: How many seconds the engine may be silent within one call before the call counts as failed.
    type: int
    default: 60
requirements:
  - Docker Engine 25 or newer
  - docker (the SDK for Python) >= 7.1, on the host that runs the module
"""

    # For a module that needs nothing but Python on the host.
    SOCKET = r"""
options:
  docker_socket:
    description: The path of the engine's socket.
    type: path
    default: /var/run/docker.sock
"""
