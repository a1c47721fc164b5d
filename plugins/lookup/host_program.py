# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program for hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_program
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: The text of a program of this collection for a unit of systemd
description:
  - Puts a module of the collection and all that it imports, the standard library excepted, into one file of text that
    Python runs. The same version of the collection gives the same text.
options:
  _terms:
    description: Modules below C(plugins/module_utils) with a function C(main), such as V(keeper.daemon).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Keep the service of the keeper
  distrain.cluster.host_service:
    name: distrain-keeper.service
    files:
      - path: /usr/local/lib/distrain-keeper.py
        content: "{{ lookup('distrain.cluster.host_program', 'keeper.daemon') }}"
"""

RETURN = r"""
_list:
  description: The text of each program.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.program import program


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        return [program(term) for term in terms]
