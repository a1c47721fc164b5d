# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of a job that the controller keeps."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kept_job_record
author: The distrain maintainers (@distrain)
version_added: 1.1.0
short_description: The record of a job that the controller keeps
description:
  - Reads C(job.json), in which the role trainer_launch keeps what a job is and what became of it.
  - A record that is damaged is none, and its problem is told.
options:
  _terms:
    description: The files. They may be absent.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show how a job ended
  ansible.builtin.debug:
    msg: "{{ lookup('distrain.cluster.kept_job_record', 'artifacts/sft/job.json').record.outcome }}"
"""

RETURN = r"""
_list:
  description:
    - For each file the C(record), empty where there is none, and the C(problem) of a damaged one, such as
      V(is no JSON).
  type: list
  elements: dict
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.kept_record import read_record


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        return [_read(Path(term).expanduser()) for term in terms]


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = read_record(path)
    except OSError as error:
        raise AnsibleLookupError(
            f"The record of the job {path} cannot be read on the controller: {error.strerror}. Let the user who runs "
            "the playbook read it, or move it away."
        ) from None
    return {"record": kept.record, "problem": kept.problem}
