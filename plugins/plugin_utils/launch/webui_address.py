# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the sentences that say how the web UI of a trainer is opened from the controller."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Mapping
from typing import Any


def webui_words(variables: Mapping[str, Any], trainer: str, bind: str, port: int, user: str = "") -> list[str]:
    """The sentences for a web UI on the host with these ``variables``; without a ``user`` it has no password."""
    host = str(variables.get("inventory_hostname", ""))
    words = [
        f"The web UI of {trainer} listens at {bind}:{port} of {host}. To reach it:",
        shlex.join(tunnel_command(variables, bind, port)),
        f"and then open http://127.0.0.1:{port}. A training started in it runs on {host} alone; "
        "the playbook train runs a job over all hosts.",
    ]
    if user:
        words.append(f"Log in as {user}, with trainer_launch_webui_password.")
    if not _is_loopback(bind):
        words.append(_warning(bind, bool(user)))
    return words


def _warning(bind: str, has_password: bool) -> str:
    if has_password:
        return (
            f"WARNING: it asks for the password at {bind} too, but has no TLS, so that the network between can read "
            "both. Where others use that network, take the ssh command above."
        )
    return (
        f"WARNING: it asks for no password and runs the code that models bring, and whoever reaches {bind} can "
        "use it. Set trainer_launch_webui_password, or trainer_launch_webui_bind to 127.0.0.1, or let a firewall keep "
        "others away."
    )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _words(arguments: str) -> list[str]:
    """As a shell would take them apart; at spaces where a quote is not closed."""
    try:
        return shlex.split(arguments)
    except ValueError:
        return arguments.split()


def tunnel_command(variables: Mapping[str, Any], bind: str, port: int) -> list[str]:
    """The ssh command that brings the port here, by the connection variables of the inventory."""
    command = ["ssh", "-N", "-L", f"{port}:{bind}:{port}"]
    for name, flag in (("port", "-p"), ("user", "-l"), ("ssh_private_key_file", "-i")):
        value = variables.get(f"ansible_{name}") or variables.get(f"ansible_ssh_{name}")
        if value:
            command += [flag, str(value)]
    for name in ("ansible_ssh_common_args", "ansible_ssh_extra_args"):
        command += _words(str(variables.get(name) or ""))
    reached_at = variables.get("ansible_host") or variables.get("ansible_ssh_host")
    return [*command, str(reached_at or variables.get("inventory_hostname", ""))]
