# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What modules that move whole images have in common. It stands before the engine's, whose default it changes."""

    DOCUMENTATION = r"""
options:
  engine_timeout:
    description:
      - How many seconds the engine may be silent within one call before the call counts as failed. Engines are silent
        while they read or unpack a large layer, and some write the whole image to their own disk before they send its
        first byte.
    type: int
    default: 3600
"""

    REGISTRY = r"""
options:
  user:
    description: The user at the registry. Without it, what C(docker login) has left on the host counts.
    type: str
  password:
    description: The password of that user. It is given to the engine with this one call, and is kept nowhere.
    type: str
"""
