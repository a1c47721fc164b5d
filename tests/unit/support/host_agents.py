# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Agents that watch a job on this machine."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import SshTarget
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow.host_agents import HostAgents


def agents_of(ssh: str, directory: Path, *hosts: str) -> HostAgents:
    job = {"name": "sft", "container": "t-gpu-01", "directory": str(directory), "output_directory": None}
    commands = {host: {"do": "watch", "job": job, "interval": 0.1, "lines": 5} for host in hosts}
    return HostAgents({host: SshTarget(host, "ssh", {"ssh_executable": ssh}) for host in hosts}, commands)
