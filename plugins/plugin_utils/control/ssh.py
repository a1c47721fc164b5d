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

from .become import METHODS, Become, at_a_terminal, become_of, unattended

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
_DEFAULT_SSH_ARGS = ["-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s"]
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
    become: Become | None = None
    # Of the SSH user; our own SSH connection cannot send one.
    has_password: bool = False


def ssh_target_of(host_name: str, connection: Any) -> SshTarget:
    """Return the target of a connection plugin whose options are set."""
    kind = connection._load_name.rpartition(".")[2]
    return SshTarget(
        host_name=host_name,
        connection=kind,
        options={name: connection.get_option(name) for name in _OPTIONS} if kind == "ssh" else {},
        become=become_of(connection.become),
        has_password=kind == "ssh" and bool(connection.get_option("password")),
    )


def ssh_command(target: SshTarget, remote: Sequence[str]) -> list[str]:
    """Return the argument list that runs ``remote``, an argument list itself, on the host.

    Its input begins with C(become.opening). Raise ClusterError where the host's connection is not ssh, or its become
    method is none of C(become.METHODS).
    """
    if target.connection != "ssh":
        raise ClusterError(
            f"{target.host_name} is reached by the connection {target.connection!r}, but images travel by ssh only. "
            "Set ansible_connection to ssh for it."
        )
    if target.become and not target.become.is_supported:
        raise ClusterError(
            f"{target.host_name} uses the become method {target.become.method!r}, but images travel with "
            f"{', '.join(METHODS)} only. Set ansible_become_method to one of them for it."
        )
    options = target.options
    command = [options.get("ssh_executable") or "ssh", "-T"]
    for option in _FIXED_OPTIONS:
        command += ["-o", option]
    if options.get("timeout"):
        command += ["-o", f"ConnectTimeout={options['timeout']}"]
    command += _options(target, ("ssh_args", "ssh_common_args", "ssh_extra_args"))
    return [*command, *_address_and_command(target, unattended(target.become, remote))]


def terminal_command(target: SshTarget, remote: Sequence[str]) -> list[str]:
    """Return the argument list that runs ``remote`` on the host at a person's terminal, where all programs may ask.

    Raise ClusterError where the connection is neither ssh nor local, or the become method is none of C(become.METHODS).
    """
    if target.connection not in ("ssh", "local") or (target.become and not target.become.is_supported):
        raise ClusterError(
            f"{target.host_name} is reached by the connection {target.connection!r} and the become method "
            f"{target.become.method if target.become else None!r}. Run this on it yourself: {shlex.join(remote)}"
        )
    if target.connection == "local":
        return at_a_terminal(target.become, remote)
    # Ansible's own default of ssh_args only shares and compresses its connections.
    has_default = str(target.options.get("ssh_args") or "").split() == _DEFAULT_SSH_ARGS
    names = ("ssh_common_args", "ssh_extra_args") if has_default else ("ssh_args", "ssh_common_args", "ssh_extra_args")
    command = [target.options.get("ssh_executable") or "ssh", "-t", *_options(target, names)]
    return [*command, *_address_and_command(target, at_a_terminal(target.become, remote))]


def _options(target: SshTarget, names: Sequence[str]) -> list[str]:
    """Return port, user and key, and the words of the options with these names."""
    words = []
    for name, flag in (("port", "-p"), ("remote_user", "-l"), ("private_key_file", "-i")):
        if target.options.get(name):
            words += [flag, str(target.options[name])]
    for name in names:
        words += [word for word in shlex.split(target.options.get(name) or "") if word != "-C"]
    return words


def _address_and_command(target: SshTarget, remote: Sequence[str]) -> list[str]:
    return ["--", str(target.options.get("host") or target.host_name), shlex.join(remote)]
