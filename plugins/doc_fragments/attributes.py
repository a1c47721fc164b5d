# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What a module supports. Each module has one of these, and states only what is different; the first one wins."""

    # A module that changes the host.
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Whether the module can say what it would change without changing it.
    support: full
  diff_mode:
    description: Whether the module can show what changes, or would change.
    support: full
  idempotent:
    description: Whether a second run with the same parameters changes nothing.
    support: full
author:
  - The distrain maintainers (@distrain)
"""

    # A module that only observes the host.
    INFO = r"""
attributes:
  check_mode:
    description: Whether the module can say what it would change without changing it.
    support: full
    details: It changes nothing.
  diff_mode:
    description: Whether the module can show what changes, or would change.
    support: none
    details: It changes nothing.
  idempotent:
    description: Whether a second run with the same parameters changes nothing.
    support: full
author:
  - The distrain maintainers (@distrain)
"""

    # An action that only decides, on the controller.
    ACTION = r"""
notes:
  - This module is carried out by an action plugin of the same name, on the controller.
attributes:
  check_mode:
    description: Whether the module can say what it would change without changing it.
    support: full
    details: It changes nothing in either mode.
  diff_mode:
    description: Whether the module can show what changes, or would change.
    support: none
  idempotent:
    description: Whether a second run with the same parameters changes nothing.
    support: full
author:
  - The distrain maintainers (@distrain)
"""

    # What an action that decides once for all hosts of a play adds to ACTION, before which it stands.
    DECISION = r"""
notes:
  - To be run with C(run_once), in its role. It reads what every host of the play has registered before, and never
    connects to a host.
attributes:
  check_mode:
    details: It decides the same, and writes no report.
"""
