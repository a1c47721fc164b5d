# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the files that a launcher reads on each rank, by name. They live as long as the job and hold no secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .commands import ACCELERATE, Launch, uses_ssh

CLIENT_KEY, HOST_KEY = "client_key", "host_key"

SERVER = """\
HostKey {directory}/{host_key}
AuthorizedKeysFile {directory}/authorized_keys
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
DisableForwarding yes
PermitTTY no
PermitUserEnvironment no
PermitUserRC no
PidFile none
UseDNS no
PrintMotd no
PrintLastLog no
ClientAliveInterval 15
ClientAliveCountMax 8
LogLevel FATAL
"""

CLIENT = """\
Host *
Port {port}
IdentityFile {directory}/{client_key}
IdentitiesOnly yes
UserKnownHostsFile {directory}/known_hosts
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
HostKeyAlgorithms ssh-ed25519
CheckHostIP no
BatchMode yes
ForwardAgent no
ForwardX11 no
ConnectTimeout 20
ServerAliveInterval 15
ServerAliveCountMax 8
LogLevel ERROR
"""


def key_names(ranks: Sequence[Mapping[str, Any]], rank: int, launch: Launch) -> list[str]:
    """The pairs of keys that this rank needs: who starts the others logs in, and everyone is logged in to."""
    if not uses_ssh(ranks, launch):
        return []
    return [HOST_KEY, CLIENT_KEY] if rank == 0 else [HOST_KEY]


def files_of(
    ranks: Sequence[Mapping[str, Any]], rank: int, launch: Launch, public_keys: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """The text of each file; ``public_keys`` are those of every host, by the names of C(key_names)."""
    if launch.launcher == ACCELERATE:
        return {"accelerate.yaml": "compute_environment: LOCAL_MACHINE\ndistributed_type: 'NO'\n"}
    if not uses_ssh(ranks, launch):
        return {}
    files = {"hostfile": "".join(f"{one['address']} slots={one['processes']}\n" for one in ranks)}
    files |= _of_the_server(ranks, launch, public_keys)
    if rank == 0:
        files |= _of_the_client(ranks, launch, public_keys)
    return files


def _of_the_server(
    ranks: Sequence[Mapping[str, Any]], launch: Launch, public_keys: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    client = public_keys.get(ranks[0]["host"], {}).get(CLIENT_KEY, "")
    return {
        "sshd_config": SERVER.format(directory=launch.directory, host_key=HOST_KEY),
        "authorized_keys": f"restrict {client}\n",
    }


def _of_the_client(
    ranks: Sequence[Mapping[str, Any]], launch: Launch, public_keys: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    pinned = [
        f"[{one['address']}]:{launch.ssh_port} {public_keys.get(one['host'], {}).get(HOST_KEY, '')}\n" for one in ranks
    ]
    return {
        "ssh_config": CLIENT.format(port=launch.ssh_port, directory=launch.directory, client_key=CLIENT_KEY),
        "known_hosts": "".join(pinned),
        # Every host has its own environment from its own start: nothing goes over a command line, where DeepSpeed
        # would put what stands here, and no file of the image is read in its place.
        ".deepspeed_env": "",
    }
