# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the roles docker and nvidia_toolkit; each wraps a pure function of module_utils."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.plan import first_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.apt import openpgp, packages
from ansible_collections.distrain.cluster.plugins.plugin_utils.daemon import configuration as daemon


def daemon_configuration(existing: str, options: Mapping[str, Any]) -> str:
    try:
        return daemon.merged_text(existing, options)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None


def openpgp_fingerprints(key: str) -> list[str]:
    try:
        return openpgp.fingerprints(key.encode())
    except ValueError as error:
        raise AnsibleFilterError(f"This is no usable signing key: {error}.") from None


def first_engine_to_restart(hosts: Sequence[str], hostvars: Mapping[str, Any], registered: str, owner: str) -> str:
    return first_of(hosts, {host: hostvars[host].get(registered) or {} for host in hosts}, owner)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "candidate_version": packages.candidate_version,
            "daemon_configuration": daemon_configuration,
            "engine_major": daemon.engine_major,
            "engine_packages_touched": packages.engine_packages_touched,
            "first_engine_to_restart": first_engine_to_restart,
            "kept_engine": packages.kept_engine,
            "missing_requirements": packages.missing_requirements,
            "openpgp_fingerprints": openpgp_fingerprints,
            "pinned_packages": packages.pinned_packages,
        }
