# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: NVIDIA's repository of drivers (CUDA's) for the distribution of a host, and the key that signs it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.distrain.cluster.plugins.module_utils.apt.placeholders import expanded

from .hosts import Host


@dataclass(frozen=True)
class Key:
    """The name of its file in the directory of a distribution, and its fingerprint."""

    file: str
    fingerprint: str


USUAL = Key("3bf863cc.pub", "EB693B3035CD5710E231E123A4B469963BF863CC")
# Below the address of all.
PLACE = "{distribution}{version}/{machine}"
# apt of Debian 13 takes no key that is certified by SHA-1.
KEYS = {("debian", "13"): Key("8793F200.pub", "02182E60104FCDC26EAE1B8597A5D4CB8793F200")}


def with_key(host: Host) -> Host:
    """Return the host with the address and the fingerprint of the key that its arguments leave to its distribution."""
    distribution, arguments = host.observed["distribution"], host.arguments
    key = KEYS.get((distribution["id"], distribution["version"]), USUAL)
    directory = f"{arguments['repository'].rstrip('/')}/{expanded(PLACE, host.observed)}"
    return replace(
        host,
        arguments={
            **arguments,
            "directory": directory,
            "repository_key": arguments["repository_key"] or f"{directory}/{key.file}",
            "repository_key_fingerprint": arguments["repository_key_fingerprint"] or key.fingerprint,
        },
    )
