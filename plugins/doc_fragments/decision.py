# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What the actions that decide once for all hosts of a play have in common."""

    DOCUMENTATION = r"""
options: {}
notes:
  - To be run with C(run_once), in its role. It reads what every host of the play has registered before.
  - This module is carried out by an action plugin of the same name, on the controller, and never connects to a host.
attributes:
  check_mode:
    support: full
    description: Whether the module can tell what it would change without changing it.
    details: [It decides the same, and writes no report.]
  diff_mode:
    support: none
    description: Whether the module can show what changes, or would change.
  idempotent:
    support: full
    description: Whether a second run with the same parameters changes nothing.
author:
  - The distrain maintainers (@distrain)
"""
