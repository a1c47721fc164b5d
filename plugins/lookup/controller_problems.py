# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps the controller itself from connecting to so many hosts at a time."""

from __future__ import annotations

DOCUMENTATION = r"""
name: controller_problems
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: What keeps the controller from connecting to its hosts
description:
  - Looks whether the process that runs the playbook may open enough files for its forks. With too few of them
    ansible-core ends with a traceback before any host has answered.
options:
  _terms:
    description:
      - How many hosts are to be connected to.
    type: list
    elements: int
    required: true
  forks:
    description:
      - How many of them at a time.
    type: int
    default: 5
"""

EXAMPLES = r"""
- name: Refuse a controller that cannot connect to all hosts
  ansible.builtin.assert:
    that: __problems | length == 0
    fail_msg: "{{ __problems | join(' ') }}"
  vars:
    __problems: "{{ query('distrain.cluster.controller_problems', groups.all | length, forks=ansible_forks) }}"
"""

RETURN = r"""
_list:
  description:
    - A sentence for each problem; nothing where there is none.
  type: list
  elements: str
"""

import resource
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.connection import open_files_problem


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = None if limit == resource.RLIM_INFINITY else limit
        problems = [open_files_problem(int(hosts), int(self.get_option("forks")), allowed) for hosts in terms]
        return [one for one in problems if one]
