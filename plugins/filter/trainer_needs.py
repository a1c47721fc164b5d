# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a trainer needs of a host, what another trainer has of it, and its web UI."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.trainer import claims as claims_plan
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.volumes import volume_problems
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.filter_error import told_as_filter_error
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import arguments
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import requirements as requirement_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.values import problems_in
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.webui import is_older
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.webui_address import webui_words


def requirement_problems(required: Mapping[str, Any], host: str, **found: str | None) -> list[str]:
    """A sentence for each requirement that is not met."""
    return requirement_plan.unmet(host, required, found)


def claim_problems(
    claims: Iterable[Mapping[str, Any]], host: str, containers: Iterable[Mapping[str, Any]], share_gpus: bool = False
) -> list[str]:
    """A sentence for each port or GPU that another trainer has."""
    wanted = [claims_plan.Claim(one["trainer"], tuple(one["ports"]), tuple(one["gpus"])) for one in claims]
    return claims_plan.conflicts(host, wanted, containers, share_gpus)


@told_as_filter_error()
def gpu_claim(devices: Sequence[Any], gpu_count: int, host: str) -> list[str]:
    """The GPUs that a trainer takes of a host."""
    return claims_plan.gpu_claim(devices, gpu_count, host)


@told_as_filter_error()
def command_arguments(settings: Any) -> list[str]:
    """Settings as the arguments of a command."""
    return arguments.command_arguments(settings)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "requirement_problems": requirement_problems,
            "claim_problems": claim_problems,
            "gpu_claim": gpu_claim,
            "cdi_devices": claims_plan.cdi_devices,
            "command_arguments": command_arguments,
            "launch_value_problems": problems_in,
            "volume_problems": volume_problems,
            "container_is_older": is_older,
            "webui_words": webui_words,
        }
