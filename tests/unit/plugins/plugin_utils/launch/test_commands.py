# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each rank runs by each launcher, and the files and keys that a launcher needs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.trainer import placement as launch_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import commands as launcher_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import files as launcher_files
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.commands import Launch

HOSTS = ["gpu-01", "gpu-02", "gpu-03"]
RUN, JOB = "/run/distrain/runner", "/run/distrain/launch/sft"
ENTRY = ["a script.py", "$(reboot)"]
MODULE = ["-m", "llamafactory.launcher"]
KEYS = {
    "gpu-01": {"host_key": "ssh-ed25519 H1", "client_key": "ssh-ed25519 C1"},
    "gpu-02": {"host_key": "ssh-ed25519 H2"},
    "gpu-03": {"host_key": "ssh-ed25519 H3"},
}
LAUNCHERS = ["torchrun", "torchrun_elastic", "deepspeed", "deepspeed_no_ssh", "accelerate", "plain"]


def ranks(hosts: int = 3, processes: tuple[int, ...] = (2, 2, 2)) -> list[dict[str, Any]]:
    return launch_plan.ranks(HOSTS[:hosts], "gpu-01", "lf", dict(zip(HOSTS, processes, strict=True)))


def launch(launcher: str, **values: Any) -> Launch:
    defaults: Mapping[str, Any] = {
        "launcher": launcher,
        "job": "sft",
        "port": "29500",
        "entry": ENTRY,
        "command": ["train", 1] if launcher == "plain" else [],
        "elastic_min_hosts": 2,
        "elastic_restarts": 3,
        "deepspeed_arguments": ["--no_local_rank"],
        "ssh_port": 29522,
        "directory": JOB,
        "runner_directory": RUN,
    }
    return Launch.of({**defaults, **values})


def command(launcher: str, rank: int = 1, **values: Any) -> str:
    return " ".join(launcher_plan.command_of(ranks(), rank, launch(launcher, **values)))


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"port": None}, "trainer_launch_job_port is None"),
        ({"port": "29500a"}, "trainer_launch_job_port is '29500a'"),
        ({"ssh_port": True}, "trainer_launch_deepspeed_ssh_port is True"),
        ({"elastic_restarts": 1.5}, "trainer_launch_elastic_restarts is 1.5"),
        ({"entry": "src/train.py"}, "trainer_launch_job_entry is 'src/train.py', but has to be a list of words"),
        ({"command": {"a": 1}}, "trainer_launch_job_command is"),
        ({"deepspeed_arguments": None}, "trainer_launch_deepspeed_arguments is None"),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_variable(values: dict[str, Any], variable: str) -> None:
    with pytest.raises(PlanError) as refused:
        launch("torchrun", **values)
    assert variable in refused.value.message


STATIC = "--nnodes 3 --node_rank 1 --nproc_per_node 2 --master_addr lf-gpu-01 --master_port 29500"
FOR_DEEPSPEED = f"--hostfile {JOB}/hostfile --master_addr lf-gpu-01 --master_port 29500"
# {"lf-gpu-01": [0, 1], "lf-gpu-02": [0, 1], "lf-gpu-03": [0, 1]}
WORLD = "eyJsZi1ncHUtMDEiOiBbMCwgMV0sICJsZi1ncHUtMDIiOiBbMCwgMV0sICJsZi1ncHUtMDMiOiBbMCwgMV19"
ON_ITS_HOST = (
    f"python3 -u -m deepspeed.launcher.launch --world_info {WORLD} --node_rank 1 --master_addr lf-gpu-01 "
    "--master_port 29500 --no_local_rank"
)
SERVER = f"python3 {RUN}/ssh_launch.py --directory {JOB} --address lf-gpu-02 --port 29522"
OVER_SSH = f"deepspeed --no_ssh_check {FOR_DEEPSPEED} --launcher pdsh --ssh_port 29522 --no_local_rank"
FOR_ACCELERATE = (
    f"--multi_gpu --same_network --config_file {JOB}/accelerate.yaml --num_machines 3 --num_processes 6 "
    "--machine_rank 1 --main_process_ip lf-gpu-01 --main_process_port 29500 --rdzv_backend static "
    "--mixed_precision no --dynamo_backend no"
)
ELASTIC = (
    "--nnodes 2:3 --nproc_per_node 2 --max_restarts 3 --rdzv_backend c10d --rdzv_endpoint lf-gpu-01:29500 "
    "--rdzv_id sft --rdzv_conf is_host=0 --local_addr lf-gpu-02"
)


@pytest.mark.parametrize(
    ("launcher", "entry", "expected"),
    [
        ("torchrun", ENTRY, f"torchrun {STATIC} a script.py $(reboot)"),
        ("torchrun", MODULE, f"torchrun {STATIC} -m llamafactory.launcher"),
        ("torchrun_elastic", MODULE, f"torchrun {ELASTIC} -m llamafactory.launcher"),
        ("accelerate", MODULE, f"accelerate launch {FOR_ACCELERATE} -m llamafactory.launcher"),
        ("accelerate", ENTRY, f"accelerate launch {FOR_ACCELERATE} a script.py $(reboot)"),
        ("deepspeed_no_ssh", MODULE, f"{ON_ITS_HOST} --module llamafactory.launcher"),
        ("deepspeed_no_ssh", ENTRY, f"{ON_ITS_HOST} a script.py $(reboot)"),
        ("deepspeed", MODULE, f"{SERVER} -- {OVER_SSH} --module llamafactory.launcher"),
        ("deepspeed", ENTRY, f"{SERVER} -- {OVER_SSH} a script.py $(reboot)"),
        ("plain", ENTRY, "train 1"),
    ],
)
def test_what_the_second_rank_runs(launcher: str, entry: list[str], expected: str) -> None:
    assert command(launcher, entry=entry) == expected


def test_arguments_are_never_read_again() -> None:
    for launcher in LAUNCHERS[:-1]:
        assert launcher_plan.command_of(ranks(), 0, launch(launcher))[-2:] == ENTRY


@pytest.mark.parametrize(
    ("launcher", "first_only"), [("deepspeed", "--lead"), ("torchrun_elastic", "is_host=1"), ("accelerate", "_rank 0")]
)
def test_the_first_rank_leads(launcher: str, first_only: str) -> None:
    assert first_only in command(launcher, 0)
    assert first_only not in command(launcher, 1)


def test_on_one_host_nobody_is_reached_by_ssh() -> None:
    alone = ranks(1)
    wanted = launch("deepspeed")
    assert launcher_plan.command_of(alone, 0, wanted) == launcher_plan.command_of(alone, 0, launch("deepspeed_no_ssh"))
    assert launcher_files.key_names(alone, 0, wanted) == []
    assert launcher_files.files_of(alone, 0, wanted, {}) == {}


def test_accelerate_refuses_several_processes_where_there_is_one() -> None:
    alone = launch_plan.ranks(["gpu-01"], "gpu-01", "lf", {"gpu-01": 1})
    assert "--multi_gpu" not in launcher_plan.command_of(alone, 0, launch("accelerate"))


@pytest.mark.parametrize(
    ("values", "processes", "message"),
    [
        ({"launcher": "mpirun"}, (2, 2, 2), "mpirun"),
        ({"launcher": "plain", "command": []}, (2, 2, 2), "trainer_launch_job_command"),
        ({"launcher": "deepspeed", "command": ["true"]}, (2, 2, 2), "trainer_launch_job_command .* deepspeed"),
        ({"launcher": "torchrun", "entry": []}, (2, 2, 2), "trainer_launch_job_entry"),
        ({"launcher": "torchrun_elastic", "elastic_min_hosts": 4}, (2, 2, 2), "elastic_min_hosts is 4; with 3 hosts"),
        ({"launcher": "torchrun_elastic", "elastic_min_hosts": 0}, (2, 2, 2), "between 1 and 3"),
        ({"launcher": "accelerate"}, (2, 1, 2), "2 on gpu-01, 1 on gpu-02, 2 on gpu-03"),
    ],
)
def test_what_contradicts_itself_is_refused(values: dict[str, Any], processes: tuple[int, ...], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        launcher_plan.command_of(ranks(3, processes), 0, launch(**values))


def test_hosts_of_different_size_keep_their_processes() -> None:
    uneven = ranks(3, (8, 4, 2))
    files = launcher_files.files_of(uneven, 1, launch("deepspeed"), {})
    assert files["hostfile"] == "lf-gpu-01 slots=8\nlf-gpu-02 slots=4\nlf-gpu-03 slots=2\n"
    words = launcher_plan.command_of(uneven, 1, launch("deepspeed_no_ssh"))
    world = json.loads(base64.urlsafe_b64decode(words[words.index("--world_info") + 1]))
    assert list(world.items()) == [
        ("lf-gpu-01", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("lf-gpu-02", [0, 1, 2, 3]),
        ("lf-gpu-03", [0, 1]),
    ]


@pytest.mark.parametrize(
    ("launcher", "expected"),
    [("torchrun", {}), ("plain", {"RANK": "12", "LOCAL_RANK": "0"})],
)
def test_the_environment(launcher: str, expected: dict[str, str]) -> None:
    uneven = ranks(3, (8, 4, 2))
    environment = launcher_plan.environment_of(uneven, 2, launch(launcher), {"MASTER_PORT": 1234, "OMP_NUM_THREADS": 8})
    assert environment == {
        "MASTER_ADDR": "lf-gpu-01",
        "MASTER_PORT": "1234",
        "NNODES": "3",
        "NODE_RANK": "2",
        "NPROC_PER_NODE": "2",
        "WORLD_SIZE": "14",
        "OMP_NUM_THREADS": "8",
        **expected,
    }


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_only_deepspeed_over_ssh_has_keys(launcher: str) -> None:
    names = [launcher_files.key_names(ranks(), rank, launch(launcher)) for rank in (0, 1)]
    assert names == ([["host_key", "client_key"], ["host_key"]] if launcher == "deepspeed" else [[], []])


@pytest.mark.parametrize(
    ("launcher", "rank", "names"),
    [
        ("torchrun", 0, []),
        ("torchrun_elastic", 0, []),
        ("plain", 0, []),
        ("accelerate", 1, ["accelerate.yaml"]),
        ("deepspeed_no_ssh", 1, []),
        ("deepspeed", 0, [".deepspeed_env", "authorized_keys", "hostfile", "known_hosts", "ssh_config", "sshd_config"]),
        ("deepspeed", 1, ["authorized_keys", "hostfile", "sshd_config"]),
    ],
)
def test_the_files_of_a_launcher(launcher: str, rank: int, names: list[str]) -> None:
    assert sorted(launcher_files.files_of(ranks(), rank, launch(launcher), KEYS)) == names


def test_host_keys_are_pinned_and_one_key_may_log_in() -> None:
    first, second = (launcher_files.files_of(ranks(), rank, launch("deepspeed"), KEYS) for rank in (0, 1))
    assert first["known_hosts"].splitlines() == [
        "[lf-gpu-01]:29522 ssh-ed25519 H1",
        "[lf-gpu-02]:29522 ssh-ed25519 H2",
        "[lf-gpu-03]:29522 ssh-ed25519 H3",
    ]
    assert second["authorized_keys"] == "restrict ssh-ed25519 C1\n"
    assert "StrictHostKeyChecking yes" in first["ssh_config"].splitlines()
    assert "PasswordAuthentication no" in second["sshd_config"].splitlines()
    assert first[".deepspeed_env"] == ""
