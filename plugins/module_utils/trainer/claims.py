# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what the trainers on a host have claimed by the labels of their containers -> what another may not claim.

A port is claimed on an address of the host: that of the web UI on the one it is published on, that of a job only where
its ranks meet on the hosts' own network, since on the overlay each container has ports of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import PlanError

TRAINER_LABEL = "io.distrain.trainer"
PORT_LABEL = "io.distrain.port"
GPUS_LABEL = "io.distrain.gpus"
EVERY_GPU = "all"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 (a job's rank 0 listens on all of them; nothing is opened here)


@dataclass(frozen=True)
class Claim:
    """What one container of a trainer has on its host; a port without an address is one inside its own network."""

    trainer: str
    ports: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()


def claim_of(labels: Mapping[str, str]) -> Claim:
    return Claim(labels[TRAINER_LABEL], _parts(labels.get(PORT_LABEL, "")), _parts(labels.get(GPUS_LABEL, "")))


def gpu_claim(devices: Sequence[Any], gpu_count: int, host: str) -> list[str]:
    """The GPUs that a trainer takes of a host: those that are named, or all; none of a host without any."""
    named = [str(device) for device in devices]
    missing = [device for device in named if gpu_count <= 0 or (device.isdigit() and int(device) >= gpu_count)]
    if missing:
        raise PlanError(
            f"Host {host} has {gpu_count or 'no'} GPUs, but trainer_launch_gpu_devices names {', '.join(missing)}; "
            "they are counted from 0."
        )
    if len(set(named)) < len(named):
        raise PlanError(f"Host {host}: trainer_launch_gpu_devices ({', '.join(named)}) names a GPU twice.")
    return named or [EVERY_GPU][: max(gpu_count, 0)]


def cdi_devices(claim: Sequence[str], device: str) -> list[str]:
    """The CDI devices of claimed GPUs, of the same kind as ``device``, which stands for all of them."""
    kind = device.partition("=")[0]
    return [device if one == EVERY_GPU else f"{kind}={one}" for one in claim]


def conflicts(
    host: str, wanted: Iterable[Claim], containers: Iterable[Mapping[str, Any]], share_gpus: bool = False
) -> list[str]:
    """A sentence for each port or GPU of ``wanted`` that a container of another trainer has already."""
    others = [claim_of(one["Labels"]) for one in containers if TRAINER_LABEL in (one.get("Labels") or {})]
    found: list[str] = []
    for claim in wanted:
        for other in (other for other in others if other.trainer != claim.trainer):
            found += _of_ports(host, claim, other)
            found += [] if share_gpus else _of_gpus(host, claim, other)
    return list(dict.fromkeys(found))


def _of_ports(host: str, claim: Claim, other: Claim) -> Iterator[str]:
    for one in claim.ports:
        if any(_meet(one, its) for its in other.ports):
            yield (
                f"Host {host}: port {_address(one)[1]} belongs to the trainer {other.trainer}. Give {claim.trainer} "
                "another one by trainer_launch_job_port, trainer_launch_deepspeed_ssh_port or "
                f"trainer_launch_webui_port, or remove the other{_how(other)}."
            )


def _meet(one: str, other: str) -> bool:
    address, port = _address(one)
    its_address, its_port = _address(other)
    if not address or not its_address or port != its_port:
        return False
    return address == its_address or EVERY_ADDRESS in (address, its_address)


def _of_gpus(host: str, claim: Claim, other: Claim) -> Iterator[str]:
    if any(_overlap(one, its) for one in claim.gpus for its in other.gpus):
        yield (
            f"Host {host}: {claim.trainer} is to have {_in_words(claim.gpus)}, but the trainer {other.trainer} has "
            f"{_in_words(other.gpus)} already. Give each its own by trainer_launch_gpu_devices, remove the other"
            f"{_how(other)}, or set trainer_launch_share_gpus to true where both may use the same."
        )


def _how(other: Claim) -> str:
    return f" (docker compose --project-name {other.trainer} down, on the host)"


def _in_words(gpus: Sequence[str]) -> str:
    return "all GPUs" if EVERY_GPU in gpus else f"GPU {', '.join(gpus)}"


def _overlap(one: str, other: str) -> bool:
    """A MIG device 0:1 is a part of GPU 0."""
    return EVERY_GPU in (one, other) or one == other or one.startswith(f"{other}:") or other.startswith(f"{one}:")


def _parts(label: str) -> tuple[str, ...]:
    return tuple(part for part in label.split(",") if part)


def _address(port: str) -> tuple[str, str]:
    address, _separator, number = port.rpartition(":")
    return address, number
