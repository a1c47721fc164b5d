# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build the SSH command that runs a command on a host, with the options of Ansible's connection."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError

# These precede the user's options, since ssh uses the first value of an option: a separate, uncompressed connection
# without prompts, which notices within a minute that the other side is gone. Host keys are checked as the user has set.
_FIXED_OPTIONS = (
    "BatchMode=yes",
    "Compression=no",
    "ControlMaster=no",
    "ControlPath=none",
    "ServerAliveInterval=10",
    "ServerAliveCountMax=6",
)
_OPTIONS = (
    "host",
    "port",
    "remote_user",
    "private_key_file",
    "ssh_executable",
    "ssh_args",
    "ssh_common_args",
    "ssh_extra_args",
    "timeout",
)


@dataclass(frozen=True)
class SshTarget:
    """How Ansible connects to a host. ``options`` are those of its ssh connection plugin, by their names there."""

    host_name: str
    connection: str
    options: Mapping[str, Any] = field(default_factory=dict)
    become_method: str | None = None
    become_user: str = "root"
    # For SSH or for become; our own SSH connection cannot send one.
    has_password: bool = False


def ssh_target_of(host_name: str, connection: Any) -> SshTarget:
    """Return the target of a connection plugin whose options are set."""
    become = connection.become
    kind = connection._load_name.rpartition(".")[2]
    return SshTarget(
        host_name=host_name,
        connection=kind,
        options={name: connection.get_option(name) for name in _OPTIONS} if kind == "ssh" else {},
        become_method=become.name.rpartition(".")[2] if become else None,
        become_user=(become.get_option("become_user") or "root") if become else "root",
        has_password=bool(
            (kind == "ssh" and connection.get_option("password")) or (become and become.get_option("become_pass"))
        ),
    )


def ssh_command(target: SshTarget, remote: Sequence[str]) -> list[str]:
    """Return the argument list that runs ``remote``, an argument list itself, on the host.

    Raise ClusterError where the host's connection is not ssh, or its become method is not sudo.
    """
    if target.connection != "ssh":
        raise ClusterError(
            f"{target.host_name} is reached by the connection {target.connection!r}, but images travel by ssh only. "
            "Set ansible_connection to ssh for it."
        )
    if target.become_method not in (None, "sudo"):
        raise ClusterError(
            f"{target.host_name} uses the become method {target.become_method!r}, but images travel with sudo only. "
            "Set ansible_become_method to sudo for it."
        )
    options = target.options
    command = [options.get("ssh_executable") or "ssh", "-T"]
    for option in _FIXED_OPTIONS:
        command += ["-o", option]
    if options.get("timeout"):
        command += ["-o", f"ConnectTimeout={options['timeout']}"]
    for name, flag in (("port", "-p"), ("remote_user", "-l"), ("private_key_file", "-i")):
        if options.get(name):
            command += [flag, str(options[name])]
    for name in ("ssh_args", "ssh_common_args", "ssh_extra_args"):
        command += [word for word in shlex.split(options.get(name) or "") if word != "-C"]
    return [*command, "--", str(options.get("host") or target.host_name), shlex.join(_as_user(target, remote))]


def _as_user(target: SshTarget, remote: Sequence[str]) -> list[str]:
    if target.become_method is None:
        return list(remote)
    user = [] if target.become_user == "root" else ["-u", target.become_user]
    return ["sudo", "-n", *user, "--", *remote]
