# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: why Ansible got no answer of a host, from the output of ssh or the controller, and the setting to correct."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOT_REACHED, NOT_OBSERVED, CONTROLLER = "not reached", "not observed", "controller"
LOGIN_SUBJECT = "ansible_user, ansible_ssh_private_key_file"


@dataclass(frozen=True)
class Cause:
    """``place`` says whether the host was not reached, was reached and not observed, or was not even asked.

    ``subject`` is the setting or program that ``remedy`` is about.
    """

    name: str
    place: str
    subject: str
    remedy: str
    pattern: re.Pattern[str]


def _cause(name: str, place: str, subject: str, remedy: str, pattern: str) -> Cause:
    return Cause(name, place, subject, remedy, re.compile(pattern, re.IGNORECASE))


# The first one that matches counts: what explains a refusal stands before the refusal.
CAUSES = (
    _cause(
        "open files",
        CONTROLLER,
        "ulimit -n",
        "Raise the limit of open files in the shell that runs ansible-playbook (ulimit -n 4096), or lower the forks "
        "(--forks 16).",
        r"too many open files|\[Errno 24\]",
    ),
    _cause(
        "ssh program",
        CONTROLLER,
        "ansible_ssh_executable",
        "Install the OpenSSH client on the controller (the package openssh-client), or set ansible_ssh_executable to "
        "the path of its ssh.",
        r"unable to execute ssh command line",
    ),
    _cause(
        "sshpass program",
        CONTROLLER,
        "ansible_password",
        "Install sshpass on the controller, or set ansible_ssh_private_key_file instead of ansible_password.",
        r"you must install the sshpass program",
    ),
    _cause(
        "become program",
        NOT_OBSERVED,
        "ansible_become_method",
        "Set ansible_become_method to what the hosts have (sudo, su or community.general.doas), or install it there.",
        r"\b(sudo|doas|su): (command )?not found|(sudo|doas): no such file",
    ),
    _cause(
        "become password",
        NOT_OBSERVED,
        "ansible_become_password",
        "Set ansible_become_password in a file that ansible-vault encrypts, or run with --ask-become-pass; see that "
        "the hosts let the user become root by ansible_become_method.",
        r"(missing|incorrect) \S+ password|privilege (escalation|elevation) prompt|a password is required|"
        r"doas: (operation not permitted|authentication|a tty is required)|su: authentication failure",
    ),
    _cause(
        "changed host key",
        NOT_REACHED,
        "known_hosts",
        "If the hosts were installed anew, remove their old keys (ssh-keygen -R ADDRESS, with a port as in "
        "'[ADDRESS]:PORT') and log in once with ssh; if they were not, find out which hosts answer at their addresses.",
        r"remote host identification has changed|offending \S+ key in \S+",
    ),
    _cause(
        "unknown host key",
        NOT_REACHED,
        "known_hosts",
        "Log in to each host once with ssh and compare the fingerprint that it shows, or put its key into the "
        "known_hosts file on the controller.",
        r"host key verification failed|no \S+ host key is known|authenticity of host",
    ),
    _cause(
        "open key file",
        NOT_REACHED,
        "ansible_ssh_private_key_file",
        "ssh ignores a private key that others may read: chmod 600 the file of ansible_ssh_private_key_file.",
        r"unprotected private key file|bad permissions",
    ),
    _cause(
        "missing key file",
        NOT_REACHED,
        "ansible_ssh_private_key_file",
        "Set ansible_ssh_private_key_file to the private key whose public key is on the hosts.",
        r"identity file \S+ not accessible|no such identity",
    ),
    _cause(
        "many keys",
        NOT_REACHED,
        "ansible_ssh_private_key_file",
        "The agent offers more keys than the hosts allow: set ansible_ssh_private_key_file, and "
        "ansible_ssh_common_args to '-o IdentitiesOnly=yes'.",
        r"too many authentication failures",
    ),
    _cause(
        "permission denied",
        NOT_REACHED,
        LOGIN_SUBJECT,
        "Set ansible_user to an account of the hosts, and ansible_ssh_private_key_file to the private key whose public "
        "key is in that account's ~/.ssh/authorized_keys.",
        r"permission denied",
    ),
    _cause(
        "unknown name",
        NOT_REACHED,
        "ansible_host",
        "Set ansible_host to an address, or to a name that the controller can resolve.",
        r"could not resolve hostname|name or service not known|temporary failure in name resolution",
    ),
    _cause(
        "refused connection",
        NOT_REACHED,
        "ansible_host, ansible_port",
        "Start the SSH server of the hosts, correct ansible_host or ansible_port, or take the hosts out.",
        r"connection refused",
    ),
    _cause(
        "no way",
        NOT_REACHED,
        "ansible_host",
        "Start the hosts, correct ansible_host, open their SSH port to the controller, or take the hosts out.",
        r"no route to host|network is unreachable|timed out|host is down",
    ),
    _cause(
        "closed connection",
        NOT_REACHED,
        "ansible_port",
        "See what the SSH server of the hosts says (journalctl -u ssh): it may let too few log in at once "
        "(MaxStartups), or none from this address; and see that an SSH server listens at ansible_port.",
        r"connection (closed|reset)|kex_exchange_identification|banner exchange",
    ),
)
UNREACHABLE = _cause(
    "unreachable",
    NOT_REACHED,
    "ansible_host",
    "Start the host, correct its ansible_host, ansible_port or ansible_user, or take it out.",
    "",
)
BECOME_OR_PYTHON = _cause(
    "become or Python",
    NOT_OBSERVED,
    "ansible_become",
    "Check Python on the host, and what ansible_become_method says.",
    "",
)

_NOISE = re.compile(r"^(task failed: |failed to connect to the host via ssh: |data could not be sent[^.]*\. )+", re.I)
_LINE_START = re.compile(r"^(ssh: connect to host \S+ port \d+: |ssh: |\S+@\S+: )")
_TERMINAL_CLOSED = re.compile(r"(shared )?connection to \S+ closed\.?", re.IGNORECASE)
LONGEST_OUTPUT = 500
_OFFENDING = re.compile(r"offending \S+ key in (\S+)", re.IGNORECASE)


def find_cause(reason: str, is_unreachable: bool) -> Cause:
    for cause in CAUSES:
        # What a host says that was reached may use the same words of something else.
        if (is_unreachable or cause.place != NOT_REACHED) and cause.pattern.search(reason):
            return cause
    return UNREACHABLE if is_unreachable else BECOME_OR_PYTHON


def reason_of(result: Mapping[str, Any]) -> str:
    """What a module without an answer left of the reason: at a terminal, as doas has one, all goes to its output."""
    said = str(result.get("module_stderr") or result.get("msg") or "no answer")
    output = str(result.get("module_stdout") or "").strip()
    return output[-LONGEST_OUTPUT:] if output and _TERMINAL_CLOSED.fullmatch(said.strip()) else said


def what_was_said(reason: str, cause: Cause) -> str:
    """The line that says it, without the host's address before it; all lines where none is known."""
    stripped = [_NOISE.sub("", line.strip()) for line in reason.splitlines()]
    lines = [line for line in stripped if line and not set(line) <= {"@"}]
    about_it = [_LINE_START.sub("", line) for line in lines if cause.pattern.pattern and cause.pattern.search(line)]
    if not about_it:
        return " ".join(" ".join(lines).split())
    said = about_it[0].strip("@ ")
    offending = _OFFENDING.search(reason)
    if offending:
        return f"Host key verification failed; the host shows another key than {offending[1]} has"
    return said


def named_hosts(hosts: Sequence[str], most: int = 3) -> str:
    """The names of a few hosts, and how many more there are."""
    if len(hosts) <= most:
        return ", ".join(hosts)
    return f"{', '.join(hosts[: most - 1])} and {len(hosts) - most + 1} more"


# Seen with ansible-core 2.19: a fork takes four descriptors of the process that runs the playbook, which needs some
# itself, and a fork needs some more for the ssh that it starts.
FILES_PER_FORK = 5
FILES_BESIDES = 64


def open_files_problem(hosts: int, forks: int, allowed: int | None) -> str:
    """The problem where so many forks cannot run with the files that may be open; None is without a limit."""
    at_a_time = min(hosts, forks)
    needed = FILES_BESIDES + FILES_PER_FORK * at_a_time
    if allowed is None or allowed >= needed:
        return ""
    fewer = max(1, (allowed - FILES_BESIDES) // FILES_PER_FORK)
    return (
        f"The controller may open {allowed} files at a time (ulimit -n), and {at_a_time} forks need about {needed}. "
        f"Raise the limit in the shell that runs ansible-playbook (ulimit -n 4096), or run it with --forks {fewer}."
    )
