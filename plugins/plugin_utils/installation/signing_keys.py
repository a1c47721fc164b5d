# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The signing keys of the repositories that hosts lack, read once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from ..apt.signing_key import check_key
from .hosts import Host, refuse


def add_keys(
    hosts: Sequence[Host],
    decided: Mapping[str, MutableMapping[str, Any]],
    variable: str,
    read: Callable[[str], str],
) -> None:
    """Add ``signing_key`` to each host that needs a repository. Raises PlanError where a key cannot be used."""
    keys: dict[tuple[str, str], str] = {}
    problems = []
    for host in hosts:
        if "repository" not in decided[host.name]["needs"]:
            continue
        place = (str(host.arguments["repository_key"]), str(host.arguments["repository_key_fingerprint"]))
        try:
            if place not in keys:
                keys[place] = check_key(_text(place[0], variable, read), *place, variable)
            decided[host.name]["signing_key"] = keys[place]
        except PlanError as error:
            problems.append((host.name, error.message))
    refuse(problems)


def _text(address: str, variable: str, read: Callable[[str], str]) -> str:
    try:
        return read(address)
    except PlanError as error:
        raise PlanError(
            f"The controller cannot read the key at {variable} ({address}): {error.message} Nothing was installed: set "
            f"{variable} to an address that the controller can connect to, or to a file there."
        ) from error
