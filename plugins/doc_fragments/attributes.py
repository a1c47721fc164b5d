# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What a module supports: everything, or what one that only reads supports."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Whether the module can tell what it would change without changing it.
    support: full
  diff_mode:
    description: Whether the module can show what changes, or would change.
    support: full
  idempotent:
    description: Whether a second run with the same parameters changes nothing.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Whether the module can tell what it would change without changing it.
    support: full
    details: [It changes nothing.]
  diff_mode:
    description: Whether the module can show what changes, or would change.
    support: none
    details: [It changes nothing.]
  idempotent:
    description: Whether a second run with the same parameters changes nothing.
    support: full
"""
