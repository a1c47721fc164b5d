# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command by which somebody runs a playbook of this collection after the one that runs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: playbook_command
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: The command that runs a playbook of this collection
description:
  - Returns a command line as it can be typed in the current directory, with the inventory of the run.
  - An installed collection's playbook is called by its full name, one in a clone by its path.
options:
  _terms:
    description:
      - The name of a playbook, and what follows on the command line.
    type: list
    elements: str
    required: true
  inventory:
    description:
      - The inventory in place of that of the run.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Say how to go on
  ansible.builtin.set_stats:
    data:
      Next: "{{ query('distrain.cluster.playbook_command', 'status', 'report -e report_job=sft') }}"
"""

RETURN = r"""
_list:
  description:
    - A command line for each term.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.commands import of_this_run


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        return [of_this_run(term, self.get_option("inventory")) for term in terms]
