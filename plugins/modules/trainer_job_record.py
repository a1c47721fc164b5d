#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_job_record
short_description: Keep the record of a job on the controller
version_added: "1.0.0"
description:
  - Writes C(job.json), which holds what a job is (settings, environment without its secrets, command, image, versions
    of every host) and its outcome, as the hosts described it last in C(trainer_launch_observed).
  - A record of the same attempt is kept but for what has changed since. A damaged one is put aside as
    C(job.json.corrupt), with a warning.
  - Posts to the webhook of the role trainer_launch, which it reads from C(trainer_launch_arguments), that a job is not
    started again although restarts are allowed.
  - The task has to have C(run_once), and connects to no host.
extends_documentation_fragment:
  - distrain.cluster.attributes.action
attributes:
  check_mode:
    details: It says what it would change, and changes nothing.
options:
  directory:
    description: The directory of the job on the controller.
    type: path
    required: true
  close:
    description: Whether only the outcome of a record that is there is brought up to date, as after a stop.
    type: bool
    default: false
  outcome:
    description: What M(distrain.cluster.trainer_job_follow) returned. Empty for a job that goes on.
    type: dict
    default: {}
  checkpoints:
    description:
      - What M(distrain.cluster.trainer_checkpoint_info) returned for the first rank at the end of an attempt. Without
        C(newest) the attempt counts as one that has made progress.
    type: dict
    default: {}
    version_added: "1.0.0"
  plan:
    description: The choice of networks, line by line.
    type: list
    elements: str
    default: []
  network:
    description: The network over which the ranks meet.
    type: str
    default: ""
  collection_version:
    description: The version of this collection.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Close the record of a job that was stopped
  distrain.cluster.trainer_job_record:
    directory: artifacts/sft
    close: true
  run_once: true
"""

RETURN = r"""
restarts:
  description: How often the job was restarted (C(done)), how often it may be (C(allowed)), and a C(note) for people.
  type: dict
  returned: success
  sample: {"done": 1, "allowed": 2, "note": "restarted 1 of 2 times"}
starts_again:
  description:
    - Whether a job that has failed is to be started again. It is where a restart is likely to help, one is left, and
      the last 3 restarts have not all ended without a new whole checkpoint.
  type: bool
  returned: success
  sample: false
"""
