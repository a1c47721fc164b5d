# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role trainer_launch works out before it touches a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.job import plan as job_plan
from ansible_collections.distrain.cluster.plugins.module_utils.trainer import placement as launch_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.filter_error import told_as_filter_error
from ansible_collections.distrain.cluster.plugins.plugin_utils.follow import restarts as restart_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.job import throughput as throughput_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import commands as launcher_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import files as launcher_files
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import parity as parity_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.commands import Launch
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.settings import settings_text, with_numbers


@told_as_filter_error()
def trainer_ranks(
    processes: Mapping[str, int],
    hosts: Sequence[str],
    first: str,
    trainer_name: str,
    addresses: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The ranks of the hosts, in order."""
    return launch_plan.ranks(hosts, first, trainer_name, processes, addresses)


@told_as_filter_error()
def launch_command(ranks: Sequence[Mapping[str, Any]], rank: int, launch: Mapping[str, Any]) -> list[str]:
    """What one rank runs."""
    return launcher_plan.command_of(ranks, int(rank), Launch.of(launch))


@told_as_filter_error()
def launch_environment(
    ranks: Sequence[Mapping[str, Any]], rank: int, launch: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, str]:
    """What one rank is told in its environment."""
    return launcher_plan.environment_of(ranks, int(rank), Launch.of(launch), wanted)


@told_as_filter_error()
def launch_files(
    ranks: Sequence[Mapping[str, Any]],
    rank: int,
    launch: Mapping[str, Any],
    public_keys: Mapping[str, Mapping[str, str]],
) -> dict[str, str]:
    """The files that the launcher reads on one rank."""
    return launcher_files.files_of(ranks, int(rank), Launch.of(launch), public_keys)


@told_as_filter_error()
def launch_keys(ranks: Sequence[Mapping[str, Any]], rank: int, launch: Mapping[str, Any]) -> list[str]:
    """The pairs of keys that one rank needs for SSH."""
    return launcher_files.key_names(ranks, int(rank), Launch.of(launch))


def path_on_host(container_path: str, volumes: Sequence[str]) -> str:
    """Where a path of the container lies on its host."""
    return launch_plan.host_path(container_path, volumes)


def samples_per_step(settings: Mapping[str, Any], arguments: Sequence[Any], world_size: int) -> int:
    """How many samples a step of a job takes over all ranks; 0 where its settings do not tell."""
    return throughput_plan.samples_per_step(settings, [str(word) for word in arguments], int(world_size))


@told_as_filter_error()
def job_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a job, with the numbers that YAML 1.1 takes for text."""
    return dict(with_numbers(settings))


@told_as_filter_error()
def job_settings_text(settings: Mapping[str, Any]) -> str:
    """The file of the settings, as its trainer reads it."""
    return settings_text(settings)


def job_digest(job: Mapping[str, Any]) -> str:
    """The digest of what makes a job on one host what it is."""
    return launch_plan.job_digest(job)


@told_as_filter_error()
def job_decision(
    states: Mapping[str, str],
    again: bool,
    job_name: str,
    changed: Mapping[str, bool] | None = None,
    follow: bool = True,
    elastic_first: str = "",
) -> str:
    """What is done with a job: start, follow or none."""
    return job_plan.decide(states, again, job_name, changed, follow, elastic_first)


def job_refusal(
    states: Mapping[str, str],
    again: bool,
    job_name: str,
    changed: Mapping[str, bool] | None = None,
    follow: bool = True,
    elastic_first: str = "",
) -> str:
    """Why nothing can be decided for a job; empty where it can."""
    try:
        job_plan.decide(states, again, job_name, changed, follow, elastic_first)
    except ClusterError as error:
        return error.message
    return ""


def job_summary(outcome: Mapping[str, Any], plot: str, restarts: Mapping[str, Any] | None = None) -> str:
    """One line on a job that has ended well; it ends with a warning where the training has diverged."""
    parts = [f"{', '.join(outcome['hosts'])}: world size {outcome['world_size']}"]
    diverged = outcome.get("diverged")
    last = f"{outcome['last_loss']:.2f}" if outcome["last_loss"] is not None else (diverged or {}).get("loss")
    if outcome["first_loss"] is not None and last:
        parts.append(f"loss {outcome['first_loss']:.2f} -> {last} in {outcome['steps']} steps")
    parts += [restarts["note"]] if restarts and restarts["note"] else []
    if plot:
        parts.append(f"plot {plot}")
    line = ", ".join(parts)
    return f"{line}. WARNING: the training has {diverged['words']}" if diverged else line


def job_restarts(outcome: Mapping[str, Any], done: Any, allowed: Any) -> dict[str, Any]:
    """How often a job was restarted, how often it may be, and why it is not restarted."""
    return restart_plan.restarts(outcome, int(done), int(allowed))


def parity_problem(seen: Mapping[str, Mapping[str, Mapping[str, Any]]], hosts: Sequence[str]) -> str:
    """The first thing in which the hosts differ, or nothing."""
    return parity_plan.parity_problem(seen, hosts)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "trainer_ranks": trainer_ranks,
            "launch_command": launch_command,
            "launch_environment": launch_environment,
            "launch_files": launch_files,
            "launch_keys": launch_keys,
            "path_on_host": path_on_host,
            "job_decision": job_decision,
            "job_digest": job_digest,
            "job_refusal": job_refusal,
            "job_restarts": job_restarts,
            "job_settings": job_settings,
            "job_settings_text": job_settings_text,
            "job_summary": job_summary,
            "parity_problem": parity_problem,
            "samples_per_step": samples_per_step,
        }
