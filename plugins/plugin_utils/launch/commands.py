# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what each rank runs, by the launcher that the job is started with.

The file of the job's settings is put behind a command when the job starts. What a launcher reads from files beside
that is in C(launcher_files.py).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.placement import TORCHRUN_ELASTIC

TORCHRUN, DEEPSPEED = "torchrun", "deepspeed"
DEEPSPEED_NO_SSH, ACCELERATE, PLAIN = "deepspeed_no_ssh", "accelerate", "plain"


# The variables of what is no text.
NUMBERS = {
    "port": "trainer_launch_job_port",
    "elastic_min_hosts": "trainer_launch_elastic_min_hosts",
    "elastic_restarts": "trainer_launch_elastic_restarts",
    "ssh_port": "trainer_launch_deepspeed_ssh_port",
}
LISTS = {
    "entry": "trainer_launch_job_entry",
    "command": "trainer_launch_job_command",
    "deepspeed_arguments": "trainer_launch_deepspeed_arguments",
}


@dataclass(frozen=True)
class Launch:
    """How the job is started; the directories are those of the container, and ``directory`` holds the launch files."""

    launcher: str
    job: str
    port: int
    entry: Sequence[str]
    command: Sequence[str]
    elastic_min_hosts: int
    elastic_restarts: int
    deepspeed_arguments: Sequence[str]
    ssh_port: int
    directory: str
    runner_directory: str

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Launch:
        """From the plain values of a playbook: numbers may be text. Raises PlanError where they cannot be read."""
        return cls(**{one.name: _read(one.name, values[one.name]) for one in fields(cls)})

    def file(self, name: str) -> str:
        return f"{self.directory}/{name}"


def command_of(ranks: Sequence[Mapping[str, Any]], rank: int, launch: Launch) -> list[str]:
    """What this rank runs, as a list of arguments."""
    _refuse(ranks, launch)
    return COMMANDS[launch.launcher](ranks, ranks[rank], launch)


def uses_ssh(ranks: Sequence[Mapping[str, Any]], launch: Launch) -> bool:
    """Whether the first rank starts the others; on a single host there are no others."""
    return launch.launcher == DEEPSPEED and len(ranks) > 1


def environment_of(
    ranks: Sequence[Mapping[str, Any]], rank: int, launch: Launch, wanted: Mapping[str, Any]
) -> dict[str, str]:
    """The environment of this rank; what the user wants wins."""
    own = ranks[rank]
    ours = {
        "MASTER_ADDR": own["leader"],
        "MASTER_PORT": launch.port,
        "NNODES": own["nodes"],
        "NODE_RANK": own["rank"],
        "NPROC_PER_NODE": own["processes"],
        "WORLD_SIZE": own["world_size"],
    }
    if launch.launcher == PLAIN:
        # The first rank of the host: a command that starts several processes counts on from there.
        ours |= {"RANK": sum(one["processes"] for one in ranks[:rank]), "LOCAL_RANK": 0}
    return {name: str(value) for name, value in {**ours, **wanted}.items()}


def _torchrun(ranks: Sequence[Mapping[str, Any]], own: Mapping[str, Any], launch: Launch) -> list[str]:
    options = {
        "nnodes": own["nodes"],
        "node_rank": own["rank"],
        "nproc_per_node": own["processes"],
        "master_addr": own["leader"],
        "master_port": launch.port,
    }
    return ["torchrun", *_options(options), *launch.entry]


def _torchrun_elastic(ranks: Sequence[Mapping[str, Any]], own: Mapping[str, Any], launch: Launch) -> list[str]:
    options = {
        "nnodes": f"{launch.elastic_min_hosts}:{own['nodes']}",
        "nproc_per_node": own["processes"],
        "max_restarts": launch.elastic_restarts,
        "rdzv_backend": "c10d",
        "rdzv_endpoint": f"{own['leader']}:{launch.port}",
        "rdzv_id": launch.job,
        # Else torchrun guesses from names which host keeps the store.
        "rdzv_conf": f"is_host={int(own['rank'] == 0)}",
        "local_addr": own["address"],
    }
    return ["torchrun", *_options(options), *launch.entry]


def _accelerate(ranks: Sequence[Mapping[str, Any]], own: Mapping[str, Any], launch: Launch) -> list[str]:
    """C(--multi_gpu) means several processes, also where they are on CPUs, and accelerate refuses it for one."""
    options = {
        # Ours says nothing, and keeps accelerate from reading one that lies in a home directory.
        "config_file": launch.file("accelerate.yaml"),
        "num_machines": own["nodes"],
        "num_processes": own["world_size"],
        "machine_rank": own["rank"],
        "main_process_ip": own["leader"],
        "main_process_port": launch.port,
        "rdzv_backend": "static",
        "mixed_precision": "no",
        "dynamo_backend": "no",
    }
    several = ["--multi_gpu", "--same_network"] if own["world_size"] > 1 else []
    return ["accelerate", "launch", *several, *_options(options), *launch.entry]


def _deepspeed(ranks: Sequence[Mapping[str, Any]], own: Mapping[str, Any], launch: Launch) -> list[str]:
    """Its launcher runs on the first rank. There and on the others a program of ours serves it by SSH."""
    if not uses_ssh(ranks, launch):
        return _deepspeed_no_ssh(ranks, own, launch)
    options = {
        "hostfile": launch.file("hostfile"),
        "master_addr": own["leader"],
        "master_port": launch.port,
        "launcher": "pdsh",
        "ssh_port": launch.ssh_port,
    }
    # Its check knows nothing of our keys, and looks at one host; ours waits for all of them.
    launcher = ["deepspeed", "--no_ssh_check", *_options(options), *_for_deepspeed(launch)]
    server = ["python3", f"{launch.runner_directory}/ssh_launch.py", "--directory", launch.directory]
    where = ["--address", str(own["address"]), "--port", str(launch.ssh_port)]
    lead = ["--lead"] if own["rank"] == 0 else []
    return [*server, *where, *lead, "--", *launcher]


def _deepspeed_no_ssh(ranks: Sequence[Mapping[str, Any]], own: Mapping[str, Any], launch: Launch) -> list[str]:
    """The part of its launcher that starts the processes of one host. C(deepspeed) hides it when a signal ends that."""
    options = {
        "world_info": _world_info(ranks),
        "node_rank": own["rank"],
        "master_addr": own["leader"],
        "master_port": launch.port,
    }
    return ["python3", "-u", "-m", "deepspeed.launcher.launch", *_options(options), *_for_deepspeed(launch)]


def _world_info(ranks: Sequence[Mapping[str, Any]]) -> str:
    """The slots of each host in the order of the ranks, as DeepSpeed hands them on to itself."""
    slots = {str(one["address"]): list(range(one["processes"])) for one in ranks}
    return base64.urlsafe_b64encode(json.dumps(slots).encode()).decode()


def _plain(ranks: Sequence[Mapping[str, Any]], own: Mapping[str, Any], launch: Launch) -> list[str]:
    return list(launch.command)


COMMANDS: Mapping[str, Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any], Launch], list[str]]] = {
    TORCHRUN: _torchrun,
    TORCHRUN_ELASTIC: _torchrun_elastic,
    DEEPSPEED: _deepspeed,
    DEEPSPEED_NO_SSH: _deepspeed_no_ssh,
    ACCELERATE: _accelerate,
    PLAIN: _plain,
}


def _for_deepspeed(launch: Launch) -> list[str]:
    """Its own arguments and the entry. A module is its option C(--module), not C(-m)."""
    if launch.entry[:1] == ["-m"]:
        return [*launch.deepspeed_arguments, "--module", *launch.entry[1:]]
    return [*launch.deepspeed_arguments, *launch.entry]


def _refuse(ranks: Sequence[Mapping[str, Any]], launch: Launch) -> None:
    if launch.launcher not in COMMANDS:
        raise PlanError(f"trainer_launch_launcher is {launch.launcher}; it may be {', '.join(COMMANDS)}.")
    if launch.launcher == PLAIN and not launch.command:
        raise PlanError("trainer_launch_launcher is plain, and trainer_launch_job_command, which it runs, is empty.")
    if launch.launcher != PLAIN and launch.command:
        raise PlanError(
            f"trainer_launch_job_command is given, which only the launcher plain runs, and trainer_launch_launcher is "
            f"{launch.launcher}. Set one of them, not both."
        )
    if launch.launcher != PLAIN and not launch.entry:
        raise PlanError(f"trainer_launch_job_entry is empty: {launch.launcher} needs a script, or -m and a module.")
    if launch.launcher == TORCHRUN_ELASTIC and not 1 <= launch.elastic_min_hosts <= len(ranks):
        raise PlanError(
            f"trainer_launch_elastic_min_hosts is {launch.elastic_min_hosts}; with {len(ranks)} hosts it has to be "
            f"between 1 and {len(ranks)}."
        )
    counts = {one["host"]: one["processes"] for one in ranks}
    if launch.launcher == ACCELERATE and len(set(counts.values())) > 1:
        raise PlanError(
            "accelerate gives every host the same number of processes, and trainer_launch_processes_per_host is "
            f"{', '.join(f'{count} on {host}' for host, count in counts.items())}. Make them equal, or set "
            "trainer_launch_launcher to torchrun."
        )


def _options(values: Mapping[str, Any]) -> list[str]:
    return [word for name, value in values.items() for word in (f"--{name}", str(value))]


def _read(name: str, value: Any) -> Any:
    if name in NUMBERS:
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,9}", str(value)):
            raise PlanError(f"{NUMBERS[name]} is {value!r}, but has to be a whole number.")
        return int(value)
    if name in LISTS:
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            raise PlanError(f"{LISTS[name]} is {value!r}, but has to be a list of words; no shell takes a text apart.")
        return [str(word) for word in value]
    return str(value)
