# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the names of a trainer, its containers, its job and its network -> why they cannot be.

A container's name is its host name on the overlay, and a label of the DNS there, of at most 63 characters. The engine
and compose would say so of some of them, and only after files were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_OF_A_LABEL = 63
# A directory of this name also gets endings.
MOST_OF_A_JOB = 128
# What the role itself puts behind the trainer's name.
RESERVED = ("webui", "python")

_TRAINER = re.compile(r"[a-z0-9][a-z0-9_-]*")
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9_-]+)*")
_JOB = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_NETWORK = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?")
_DIRECTORY = re.compile(r"/[^:\x00-\x1f\x7f]*")


def name_problems(trainer: str, host: str, job: str, network: str, directory: str) -> list[str]:
    """A sentence for each name that cannot be; ``directory`` is the trainer's on its hosts."""
    return [*_of_trainer(trainer, host), *_of_job(job), *_of_network(network), *_of_directory(directory)]


def _of_trainer(trainer: str, host: str) -> Iterator[str]:
    if not _TRAINER.fullmatch(trainer):
        yield (
            f"trainer_launch_name is {trainer!r}, but may hold lower-case letters, digits, '-' and '_' alone, and has "
            "to begin with a letter or a digit."
        )
        return
    if host in RESERVED:
        yield (
            f"Host {host} has the name that the trainer's own container {trainer}-{host} needs. Give it another name "
            "in the inventory, and its address as ansible_host."
        )
    container = f"{trainer}-{host}"
    if not _CONTAINER.fullmatch(container):
        yield (
            f"Host {host}: its container would be named {container!r}, but a host name may hold letters, digits, '-', "
            "'_' and single dots alone. Give the host such a name in the inventory, and its address as ansible_host."
        )
    for name in (container, *(f"{trainer}-{one}" for one in RESERVED)):
        if len(name) > MOST_OF_A_LABEL:
            yield (
                f"Host {host}: the name of the container {name} has {len(name)} characters, and a host name may have "
                f"{MOST_OF_A_LABEL}. Shorten trainer_launch_name ({len(trainer)}) or the name of the host "
                f"({len(host)})."
            )
            return


def _of_job(job: str) -> Iterator[str]:
    if not _JOB.fullmatch(job):
        yield (
            f"trainer_launch_job_name is {job!r}, but may hold letters, digits, '-', '_' and '.' alone, and has to "
            "begin with a letter or a digit."
        )
    elif len(job) > MOST_OF_A_JOB:
        yield f"trainer_launch_job_name has {len(job)} characters, but may have {MOST_OF_A_JOB}: {job}"


def _of_network(network: str) -> Iterator[str]:
    if not _NETWORK.fullmatch(network):
        yield (
            f"trainer_launch_network is {network!r}, but the name of a swarm's network may hold letters, digits, and, "
            "not at its ends, '-' and '_'."
        )
    elif len(network) > MOST_OF_A_LABEL:
        yield (
            f"trainer_launch_network has {len(network)} characters, but the name of a swarm's network may have "
            f"{MOST_OF_A_LABEL}: {network}"
        )


def _of_directory(directory: str) -> Iterator[str]:
    if not _DIRECTORY.fullmatch(directory) or ".." in directory.split("/"):
        yield f"trainer_launch_directory is {directory!r}, but has to be an absolute path without ':' and '..'."
