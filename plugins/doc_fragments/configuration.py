# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What modules have in common that observe a host before Docker, NVIDIA's driver or toolkit is installed."""

    SOURCE = r"""
options:
  source:
    description:
      - The repository that apt's sources should have, as the options of the same names of
        M(distrain.cluster.apt_source). C({distribution}), C({version}), C({codename}), C({architecture}) and
        C({machine}) in its content stand for what they are on the host; C({version}) has no dot, and C({machine}) is
        V(x86_64) or V(sbsa).
    type: dict
    suboptions:
      path:
        description: The path of the source file.
        type: path
        required: true
      key_path:
        description: The path of the key file.
        type: path
        required: true
      content:
        description: What the source file should hold.
        type: str
        required: true
      variable:
        description: What messages call the repository.
        type: str
        required: true
"""

    DOCUMENTATION = r"""
options:
  configuration:
    description:
      - The options that the engine's configuration file should hold, as the options of the same names of
        M(distrain.cluster.engine_configuration).
    type: dict
    required: true
    suboptions:
      owner:
        description: The name under which the values are recorded.
        type: str
        required: true
      options:
        description: The options that the file should hold.
        type: dict
        default: {}
      options_variable:
        description: What messages call the options.
        type: str
        default: options
      restart_under_work:
        description: Whether the engine may be restarted although that ends what runs on the host.
        type: bool
        default: false
      restart_variable:
        description: What messages call that permission.
        type: str
        default: restart_under_work
      path:
        description: The path of the engine's configuration file.
        type: path
        default: /etc/docker/daemon.json
"""
