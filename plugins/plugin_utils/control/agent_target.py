# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a host can have an agent, which is started over SSH and lies on no disk."""

from __future__ import annotations

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError

from .other_host import OtherHost
from .ssh import SshTarget, ssh_command, ssh_target_of


def agent_target(host: OtherHost) -> SshTarget | None:
    """Return the SSH target for an agent; None where only Ansible can connect, or with a password of SSH."""
    target = ssh_target_of(host.name, host.prepare_connection())
    try:
        ssh_command(target, [])
    except ClusterError:
        return None
    return None if target.has_password else target
