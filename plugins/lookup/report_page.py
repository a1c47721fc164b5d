# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Render the report of a job or of the cluster from the controller's artifacts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report_page
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: The report of a job or of the cluster as one HTML page
description:
  - Reads the artifacts on the controller and returns one page that needs no other file and no network.
  - Missing or damaged files are listed on the page. A missing directory, or a job without any file, is an error.
options:
  _terms:
    description: The directories of the artifacts.
    type: list
    elements: path
    required: true
  job:
    description: The job's name; empty for the cluster.
    type: str
    default: ""
  templates:
    description: The directory of the page's templates.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Write the report of the job sft
  ansible.builtin.copy:
    content: "{{ lookup('distrain.cluster.report_page', 'artifacts', job='sft', templates=role_path + '/templates') }}"
    dest: artifacts/sft/report.html
    mode: "0600"
"""

RETURN = r"""
_list:
  description: The page of each directory.
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import with_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.cluster import cluster_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.files import read_cluster, read_job
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.job import job_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.page import render


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        job, templates = self.get_option("job"), Path(self.get_option("templates"))
        try:
            return [report_page(Path(term).expanduser(), job, templates) for term in terms]
        except AnsibleLookupError as error:
            raise AnsibleLookupError(with_page(error.message, "report")) from None


def report_page(directory: Path, job: str, templates: Path) -> str:
    if not directory.is_dir():
        raise AnsibleLookupError(
            f"report_artifacts_directory: {directory} is no directory. Run playbooks/preflight.yml or "
            "playbooks/train.yml first, or set it to where their results are."
        )
    if not job:
        return render(cluster_page(read_cluster(directory)), templates)
    if job == ".." or Path(job).name != job or not (directory / job).is_dir():
        known = ", ".join(sorted(path.parent.name for path in directory.glob("*/job.json"))) or "none"
        raise AnsibleLookupError(
            f"report_job: found {job}, of which {directory} has no directory. Set it to one of the jobs there: {known}."
        )
    return render(job_page(read_job(directory, job)), templates)
