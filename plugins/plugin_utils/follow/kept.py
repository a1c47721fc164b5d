# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a job as its keeper has to know it, and the part of it that each host has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.follow.restarts import restarts
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.beginning import placeholder
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.phases import BEGINNING, FOLLOWING, OVER
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys

from ..launch.decision import NONE, START, launch_of
from ..launch.files import files_of

# Of the options of the role those that a keeper follows a job by, by its names for them.
OPTIONS = {
    "image": "image",
    "port": "job_port",
    "ipc": "ipc",
    "shm_size": "shm_size",
    "interval": "job_interval",
    "timeout": "job_timeout",
    "silence": "job_silence",
    "start_silence": "job_start_silence",
    "on_hang": "on_hang",
    "unreachable": "unreachable_timeout",
    "lost": "return_timeout",
    "grace": "job_grace",
    "stop_timeout": "job_stop_timeout",
    "max_restarts": "max_restarts",
    "resume": "resume",
    "on_lost_checkpoint": "on_lost_checkpoint",
    "copies": "checkpoint_copies",
    "copies_rate": "checkpoint_copies_rate",
    "transfer_ports": "transfer_ports",
    "metrics_directory": "metrics_directory",
    "webhook_url": "webhook_url",
    "webhook_format": "webhook_format",
    "webhook_secret": "webhook_secret",
}
ENGINE_FACTS = ("kernel", "gpu_driver")
IMAGE_FACTS = ("layers", "labels")

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class HostKeys:
    """The keys of one host: those by which the keeper knows it, and those of checkpoints that hosts send each other."""

    agent: RunKeys
    relay: RunKeys
    identity: str


def is_given(decision: Facts, state: Facts, attempt: Any) -> bool:
    """Return whether a keeper gets the job anew: where it is started, and where the keeper does not know what runs.

    A job that is kept and not over is the keeper's: between two attempts nothing of it runs.
    """
    if not state or (state.get("managers") and not state.get("term")):
        # Of several managers none has begun to keep it: it was not given whole.
        return True
    if state.get("phase") != OVER:
        return False
    return decision["decision"] != NONE or state.get("attempt") != attempt


def options_of(arguments: Facts, decision: Facts) -> dict[str, Any]:
    """Return the options of a keeper, by the arguments of the role and what was decided."""
    own = decision["hosts"][decision["first"]]
    return {
        **{name: arguments[theirs] for name, theirs in OPTIONS.items()},
        "min_hosts": decision["min_hosts"],
        "samples_per_step": own["samples_per_step"],
        "output": arguments["job_output_directory"] if own["output_directory"] else "",
    }


def listener_of(arguments: Facts, decision: Facts, host: str, keys: HostKeys) -> dict[str, Any]:
    """Return the part of a host that only listens for the keeper, as a manager does that has no rank."""
    return {
        "trainer": arguments["name"],
        "host": host,
        "address": address_of(decision, host),
        "port": arguments["keeper_port"],
        "keys": asdict(keys.agent),
    }


def host_of(arguments: Facts, decision: Facts, host: str, keys: HostKeys) -> dict[str, Any]:
    """Return the part of the job that the host has: what it starts, and what else it may be asked for."""
    own, directory = decision["hosts"][host], arguments["directory"]
    job = {
        "name": arguments["job_name"],
        "container": own["container"],
        "directory": directory,
        "output_directory": own["output_directory"] or None,
        "output_root": own["output_root"] or None,
    }
    start = {
        **job,
        **{name: own[name] for name in ("command", "settings", "environment", "tuning", "rank", "world_size")},
        "settings": own["settings"] or None,
        "samples_per_step": own["samples_per_step"],
        "container_directory": decision["container_directory"],
        "runner": decision["runner"],
        "resume_setting": arguments["resume_setting"],
        "secrets": arguments["job_secrets"],
        "working_directory": arguments["job_working_directory"],
        "network": None if decision["is_on_host_network"] else arguments["network"],
        "stop_timeout": arguments["job_stop_timeout"],
    }
    return {
        **listener_of(arguments, decision, host, keys),
        "relay_keys": asdict(keys.relay),
        "job": job,
        "start": start,
        "key_names": own["key_names"],
        "compose_file": f"{directory}/compose.yml",
        "leader": "" if decision["is_on_host_network"] else decision["ranks"][0]["leader"],
        "gpu_use": own["gpu_use"],
    }


def keep_of(
    arguments: Facts,
    decision: Facts,
    run: str,
    said: Facts,
    seen: Mapping[str, Facts],
    keys: RunKeys,
    identities: Mapping[str, str],
    managers: Mapping[str, str],
) -> dict[str, Any]:
    """Return what the keeper has to know of the job; ``seen`` has for each host its container, image and facts.

    ``managers`` are those that keep it in turn, each with its node; none where the first host alone does.
    """
    is_start = decision["decision"] == START
    first = decision["first"]
    attempt = decision["attempt"] if is_start else (seen[first].get("job") or {}).get("attempt") or ""
    launch, ranks = launch_of(arguments), decision["ranks"]
    names = {rank["host"]: decision["hosts"][rank["host"]]["key_names"] for rank in ranks}
    stand_ins = {host: {name: placeholder(host, name) for name in some} for host, some in names.items()}
    return {
        "run": run,
        "attempt": attempt,
        "phase": BEGINNING if is_start else FOLLOWING,
        "restarts": 0,
        "ranks": list(ranks),
        "hosts": {
            rank["host"]: {
                "address": address_of(decision, rank["host"]),
                "port": arguments["keeper_port"],
                "identity": identities[rank["host"]],
                "key_names": names[rank["host"]],
                "launch_files": files_of(ranks, rank["rank"], launch, stand_ins),
            }
            for rank in ranks
        },
        "managers": {
            host: {
                "node": node,
                "address": address_of(decision, host),
                "port": arguments["keeper_port"],
                "identity": identities[host],
            }
            for host, node in managers.items()
        },
        "keys": asdict(keys),
        "said": {**said, "restarts": restarts({}, 0, arguments["max_restarts"])},
        "seen": {host: _seen(one) for host, one in seen.items()},
        "secrets": sorted(arguments["job_secrets"]),
        "options": options_of(arguments, decision),
    }


def address_of(decision: Facts, host: str) -> str:
    """Return where the host listens for its keeper; raise PlanError where that is not known."""
    address = decision["addresses"].get(host) or ("127.0.0.1" if len(decision["ranks"]) == 1 else "")
    if not address:
        raise PlanError(
            f"The address of {host} in the swarm is not known, at which the keeper of the job reaches it. Run "
            "playbooks/swarm.yml, or set swarm_data_path_addr for it."
        )
    return str(address)


def _seen(one: Facts) -> dict[str, Any]:
    """Return what the record of the job needs of what was seen of a host."""
    facts, image = one.get("facts") or {}, one.get("image") or {}
    return {
        "job": one.get("job"),
        "container": one.get("container"),
        "image": {name: image.get(name) for name in IMAGE_FACTS},
        "facts": {
            **{name: facts.get(name) for name in ENGINE_FACTS},
            "engine": {"version": (facts.get("engine") or {}).get("version")},
            "gpus": [{} for _gpu in facts.get("gpus") or []],
        },
    }
