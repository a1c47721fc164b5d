# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the files of a new inventory, with comments that say what is worth changing."""

from __future__ import annotations

from collections.abc import Mapping

HOSTS, VARIABLES, CONFIGURATION = "hosts.yml", "group_vars/all.yml", "ansible.cfg"

_VARIABLES = """\
---
# What holds for every host. What is commented out is worth a look; all variables, with types and units, are listed by
#   ansible-doc --type role distrain.cluster.ROLE

# What is trained with. What it is stands in the collection's file of this name; what you want otherwise, write into
# trainers/NAME.yml beside the inventory.
{trainer}

# The engine of Docker's own repository: needed on Debian 12.
# docker_source: docker

# Mirrors, where the hosts have no way out.
# mirrors: tuna

# The subnet between the hosts that carries the data. Without it, it is measured and chosen.
# fabric_data_network: 198.51.100.0/24

# What is copied to every host, for the trainer to see below its directory.
# trainer_launch_copies:
#   - src: /srv/models/my-model/
#     dest: models/my-model/

# The job. Its settings are those of LLaMA-Factory; xuanyuan and llama_chinese take trainer_launch_job_arguments, and
# custom takes trainer_launch_job_command.
# trainer_launch_job_name: sft
# trainer_launch_job_config:
#   stage: sft
#   do_train: true
#   finetuning_type: lora
#   lora_target: all
#   model_name_or_path: /app/models/my-model
#   dataset: my-data
#   template: default
#   num_train_epochs: 3
"""

_CONFIGURATION = """\
# For what is run in this directory.
[defaults]
inventory = hosts.yml
stdout_callback = distrain.cluster.steps
forks = 64
interpreter_python = auto_silent

[inventory]
# What stands there beside the hosts describes trainers or is the result of runs, and is no inventory.
ignore_patterns = ^(artifacts|trainers)$

[ssh_connection]
pipelining = true
# As Ansible's own, without compression (-C), which would hold images and wheels at some 13 MB/s.
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
"""

NO_TRAINER = "# trainer: llama_factory"


def new_files(hosts: Mapping[str, str], trainer: str, user: str) -> dict[str, str]:
    """Return each file's text by its name; ``hosts`` have their addresses, or empty texts."""
    variables = _VARIABLES.format(trainer=trainer_line(trainer) if trainer else NO_TRAINER)
    return {HOSTS: _hosts_text(hosts, user), VARIABLES: variables, CONFIGURATION: _CONFIGURATION}


def trainer_line(trainer: str) -> str:
    return f"trainer: {trainer}"


def host_lines(name: str, address: str, indent: int) -> list[str]:
    lines = [f"{' ' * indent}{name}:"]
    return [*lines, f"{' ' * (indent + 2)}ansible_host: {address}"] if address else lines


def _hosts_text(hosts: Mapping[str, str], user: str) -> str:
    first, *others = hosts
    login = ["  vars:", f"    ansible_user: {user}"] if user else ["  # vars:", "  #   ansible_user: ubuntu"]
    lines = [
        "---",
        "# The first manager forms the swarm and builds the image; give three managers to survive the loss of one.",
        "gpu_hosts:",
        *login,
        "  children:",
        "    managers:",
        "      hosts:",
        *host_lines(first, hosts[first], 8),
        "    workers:",
        "      hosts:",
        *(line for name in others for line in host_lines(name, hosts[name], 8)),
    ]
    return "\n".join(lines) + "\n"
