# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for errors of names, ports, interfaces and downloads."""

from __future__ import annotations

import re

from .rule import JobContext, Rule, first, fixed, pattern

PORT_TAKEN, NAME_UNRESOLVED, MASTER_UNREACHABLE = "port_taken", "name_unresolved", "master_unreachable"
_TOKEN = re.compile(r"gated|401 Client|403 Client|authenticated", re.IGNORECASE)
_NO_INTERFACE = pattern(r"no socket interface found|unable to find address for|no usable interfaces")
_NO_MASTER = pattern(r"client socket has (failed to connect|timed out)|failed to connect to \S+:\d+")
_NO_NAME = pattern(r"gai ?error|name or service not known|failure in name resolution|(could not|failed to) resolve")
_OF_DIST = pattern(r"NCCL|Dist\w*Error|gloo|socket|store|rendezvous")


def _port_taken(line: str, context: JobContext) -> tuple[str, str]:
    port = first(r"port[:= ]+(\d+)|:(\d{4,5})\b", line) or context.port
    return (
        f"port {port} is taken already",
        "Set trainer_launch_job_port to a free port, or end what listens on this one.",
    )


def _unresolved(line: str, context: JobContext) -> tuple[str, str]:
    name = first(r"\(([\w.-]+), \d+\)|host='([^']+)'|resolve (?:host:? )?'?([\w-][\w.-]*)", line)
    name = name or (context.names[0] if context.names else "a name")
    if "." in name and name not in context.names:
        return (
            f"the name {name} does not resolve",
            "Put what the job fetches from there on a volume (trainer_launch_copies), or give the hosts a name server.",
        )
    return (
        f"the name {name} does not resolve on the overlay network",
        "See that ports 7946/tcp, 7946/udp and 4789/udp (or swarm_data_path_port) are open between the hosts, and run "
        "playbooks/swarm.yml.",
    )


def _no_interface(line: str, _context: JobContext) -> tuple[str, str]:
    name = first(r"find address for: ?([\w.=^-]+)", line)
    return (
        f"NCCL or gloo found no network interface{f' {name}' if name else ''} in its container",
        "Take NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME out of trainer_launch_job_environment: the role sets them.",
    )


def _no_master(line: str, context: JobContext) -> tuple[str, str]:
    name = first(r"connect to \[?([\w.:-]+?)\]?[:,] ?\d+|connect to \(([\w.-]+)|address of \(([\w.-]+)", line)
    return (
        f"{name or (context.names[0] if context.names else 'the first trainer')} did not answer at the port of the "
        "job (trainer_launch_job_port)",
        "See why the rank of that trainer does not listen, and that nothing between the hosts blocks the port.",
    )


def _download(line: str, _context: JobContext) -> tuple[str, str]:
    if _TOKEN.search(line):
        return (
            "what it downloads is only for those who log in",
            "Give it a token by trainer_launch_job_secrets (HF_TOKEN), or bring the files to the hosts "
            "(trainer_launch_copies).",
        )
    return (
        "it could not download what it needs",
        "Bring it to every host by trainer_launch_copies, or give the hosts a way to it, such as a proxy in "
        "trainer_launch_job_environment.",
    )


NETWORK_RULES = (
    Rule(
        PORT_TAKEN,
        pattern(r"EADDRINUSE|address already in use"),
        _port_taken,
        anywhere=pattern(r"EADDRINUSE|socket.*address already in use|server socket.*errno: 98"),
        explains=_OF_DIST,
    ),
    Rule(
        NAME_UNRESOLVED,
        _NO_NAME,
        _unresolved,
        of_network=True,
        anywhere=_NO_NAME,
    ),
    Rule(
        "download",
        pattern(
            r"couldn't connect to 'https?://|HTTPS?ConnectionPool|LocalEntryNotFoundError|OfflineModeIsEnabled"
            r"|outgoing traffic has been disabled|max retries exceeded|requests\.exceptions\.|httpx\.\w*Connect"
            r"|GatedRepoError|RepositoryNotFoundError|40[13] Client Error|gated repo|ProxyError|CERTIFICATE_VERIFY"
        ),
        _download,
    ),
    Rule(
        "no_interface",
        _NO_INTERFACE,
        _no_interface,
        anywhere=_NO_INTERFACE,
        explains=_OF_DIST,
    ),
    Rule(
        "login_refused",
        pattern(r"Permission denied \(publickey|Host key verification failed"),
        fixed(
            "DeepSpeed's launcher could not log in to another trainer",
            "Take the trainer's own SSH settings and keys out of its image and its volumes: the role brings them.",
        ),
    ),
    Rule(
        MASTER_UNREACHABLE,
        _NO_MASTER,
        _no_master,
        of_network=True,
        anywhere=_NO_MASTER,
    ),
    Rule(
        "no_route",
        pattern(r"No route to host|Network is unreachable"),
        fixed(
            "it has no route to another rank",
            "Run playbooks/network_check.yml, and see that the other host is up.",
        ),
        retryable=True,
        of_network=True,
    ),
)
