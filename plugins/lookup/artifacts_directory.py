# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where results are kept on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: artifacts_directory
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: Where results are kept on the controller
description:
  - The one directory below which all roles of this collection keep what they bring to the controller.
  - It is the value of the variable C(artifacts_directory) where that is set; else C(artifacts) beside the hosts of the
    inventory that C(--inventory) gives; else C(artifacts) in the current directory. It is never in a collection.
  - In an inventory that is a directory they are kept only where Ansible skips C(artifacts) when it reads the inventory,
    as C(ignore_patterns) in C(ansible.cfg) can say, since training code wrote some of the results.
options:
  _terms:
    description:
      - Paths below that directory; without any the directory itself is returned.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Keep a list of the hosts beside the other results
  ansible.builtin.copy:
    content: "{{ ansible_play_hosts | join('\n') }}\n"
    dest: "{{ lookup('distrain.cluster.artifacts_directory', 'hosts.txt') }}"
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
_list:
  description:
    - An absolute path for each term.
  type: list
  elements: path
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.artifacts import of_this_run


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        chosen = self._templar.template((variables or {}).get("artifacts_directory", ""))
        try:
            found = of_this_run(str(chosen or ""))
        except PlanError as error:
            raise AnsibleLookupError(error.message) from error
        return [str(found / term) for term in terms] or [str(found)]
