#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_results_fetch
short_description: Fetch the logs and the results of a job from its hosts to the controller
version_added: "1.0.0"
description:
  - Fetches from all hosts at once the log of a job, files of its output directory, and whole directories of it into
    C(HOST) in O(dest), and shows the progress of each host every ten seconds. An agent on each host sends them
    compressed over SSH; it lies on no disk, and ends with this module. On a host without SSH, or with a password,
    M(distrain.cluster.trainer_outputs_info) is run for one part after the other.
  - The job's container can write there. So no symbolic link below O(log_root) and O(output_root) is followed, and only
    regular files are read. What is refused for that reason, or because it is too large, is named in a warning.
  - A host that does not answer, or whose files cannot be written, is named in a warning, and the others go on.
  - Runs on the controller, once for all hosts, and connects to the hosts by their own connection variables.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    details: Fetches nothing.
options:
  hosts:
    description: The hosts, by their names in the inventory.
    type: list
    elements: str
    required: true
  dest:
    description: The directory on the controller.
    type: str
    required: true
  log_root:
    description: A directory on the hosts in which only root can write; links above it are followed.
    type: str
  log_path:
    description: The log below O(log_root). Without it no log is fetched.
    type: str
  log_bytes:
    description:
      - How many bytes of the log are fetched, an eighth of them from its beginning, the others from its end. A line
        between them says how many were left out. V(0) is the whole log, up to where it ends when it is opened.
      - The role sets it by C(trainer_launch_logs_bytes).
    type: int
    default: 67108864
  output_root:
    description: A directory on the hosts that holds the output directory, as O(log_root) holds the log.
    type: str
  output_path:
    description: The output directory below O(output_root). Without O(output_root) nothing of it is fetched.
    type: str
    default: ""
  results:
    description: Names or patterns of files directly in the output directory.
    type: list
    elements: str
    default: []
  result_bytes:
    description: Results of more bytes than this are refused, and named in a warning.
    type: int
    default: 67108864
  gather:
    description:
      - Names or patterns of directories in the output directory, which are fetched with all files in them. A file that
        has the same size and time of modification on the controller is not fetched again.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Fetch the logs and the results of the job
  distrain.cluster.trainer_results_fetch:
    hosts: [gpu-01, gpu-02]
    dest: artifacts/sft
    log_root: /var/lib/distrain/trainers/llama-factory/jobs
    log_path: sft/log
    output_root: /var/lib/distrain/trainers/llama-factory/output
    output_path: sft
    results: [all_results.json, training_loss.png]
    gather: ["checkpoint-*"]
  run_once: true
"""

RETURN = r"""
hosts:
  description: What came from each host.
  type: dict
  returned: always
  contains:
    files:
      description: The log and the results that were written, below the directory of the host.
      type: list
      elements: str
      sample: [log, all_results.json]
    gathered: {description: How many files of directories were written., type: int, sample: 12}
    log_bytes: {description: How many bytes the log had on the host., type: int, sample: 346120000}
    log_bytes_left_out: {description: How many of them were left out., type: int, sample: 279011136}
    refused:
      description: The files that were refused, each with C(name) and C(why); the first twenty.
      type: list
      elements: dict
      sample: [{"name": "log", "why": "it is a symbolic link"}]
    refused_count: {description: How many files were refused., type: int, sample: 1}
    error: {description: Why the host was given up; empty where it was not., type: str, sample: ""}
"""
