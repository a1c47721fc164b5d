#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: trainer_info
short_description: Observe a trainer and its job on one host
version_added: "1.0.0"
description:
  - Reads in one go what M(distrain.cluster.trainer_launch_decision) compares with the arguments of the role
    trainer_launch - the engine, the image, what other trainers have claimed, the trainer's container and files, and the
    state of the job.
  - Changes nothing.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes.info
options:
  name:
    description: The trainer's name.
    type: str
    required: true
  container:
    description: The trainer's container on this host.
    type: str
    required: true
  image:
    description: The image of the trainer.
    type: str
    required: true
  directory:
    description: The trainer's directory on the host.
    type: path
    required: true
  job:
    description: The name of the job.
    type: str
    required: true
  network:
    description: The overlay network that the container is on. Empty for the host's own network.
    type: str
    default: ""
  hosts:
    description: The hosts that train.
    type: list
    elements: str
    required: true
  first_host:
    description: The host that leads. Where it does not train itself, the first of O(hosts) does.
    type: str
    required: true
  copies:
    description:
      - What the trainer is to have on this host, each with C(dest) inside O(directory), or with C(src) and
        C(source_host). It is described by the names and sizes of its files.
    type: list
    elements: dict
    default: []
  webui_credentials:
    description: The wanted content of the web UI's file of user and password.
    type: str
  ask_gpus:
    description: Whether to observe the state of the GPUs, which takes a few seconds where there are any.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Observe the trainer
  distrain.cluster.trainer_info:
    name: llama-factory
    container: llama-factory-gpu-01
    image: distrain/llama-factory:e3d8fc7
    directory: /var/lib/distrain/trainers/llama-factory
    job: sft
    network: distrain
    hosts: [gpu-01, gpu-02]
    first_host: gpu-01
  register: trainer
"""

RETURN = r"""
engine_version:
  description: The version of the Docker engine.
  type: str
  returned: success
  sample: 28.5.2
driver_version:
  description: The version of NVIDIA's driver. Empty without it.
  type: str
  returned: success
  sample: 535.104.05
image:
  description:
    - The C(id), the C(layers) and the C(labels) of the image, and of its C(environment) what it says of CUDA. Null
      where the host does not have it.
  type: dict
  returned: success
  sample:
    id: sha256:4bcf...
    layers: ["sha256:9a1c..."]
    labels: {io.distrain.commit: e3d8fc7}
    environment: {CUDA_VERSION: 12.4.1}
gpu:
  description: The state of the GPUs, as M(distrain.cluster.gpu_info) returns it. Null unless O(ask_gpus).
  type: dict
  returned: success
trainer_containers:
  description: The IDs of every trainer's containers on this host.
  type: list
  elements: str
  returned: success
claims:
  description: The labels of every trainer's containers on this host, this trainer's own included.
  type: list
  elements: dict
  returned: success
  sample: [{"io.distrain.trainer": "xuanyuan", "io.distrain.port": "29600", "io.distrain.gpus": "0,1"}]
container:
  description:
    - The trainer's container, with its C(name), C(state), C(image_id), when it was C(created) in seconds of the epoch,
      and C(on_network), whether it is on the network of this name as the engine has it now.
  type: dict
  returned: success
  sample:
    name: llama-factory-gpu-01
    state: running
    image_id: sha256:4bcf...
    created: 1769860800.0
    on_network: true
webui:
  description: The container of the web UI, with its C(state), C(image_id) and when it was C(created) and C(started).
  type: dict
  returned: success
  sample: {"state": "running", "image_id": "sha256:4bcf...", "created": 1769860800.0, "started": 1769860800.0}
is_first:
  description: Whether this host leads.
  type: bool
  returned: success
  sample: true
leader_found:
  description: Whether the container resolves the name of the leader's container. Null where it was not asked.
  type: bool
  returned: success
  sample: true
job:
  description: The job on this host, as M(distrain.cluster.trainer_job_info) describes it.
  type: dict
  returned: success
files:
  description:
    - The trainer's C(directories), C(programs), C(compose) file and the files of its C(webui), each with its owner,
      mode, digest and time. The password of the web UI is not among them.
  type: dict
  returned: success
storage:
  description: The kinds of the file systems that O(directory) and O(copies) lie on.
  type: list
  elements: str
  returned: success
  sample: [ext4]
paths:
  description:
    - By the path of each of O(copies), its files with their sizes, as M(distrain.cluster.trainer_parity_info)
      describes them.
  type: dict
  returned: success
  sample: {"/srv/data": {"/srv/data/lab.json": "40960 bytes"}}
"""

import posixpath
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.exec import run_exec
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.observation import observe_gpus
from ansible_collections.distrain.cluster.plugins.module_utils.host.directory import describe_directory
from ansible_collections.distrain.cluster.plugins.module_utils.host.storage import file_system_of
from ansible_collections.distrain.cluster.plugins.module_utils.job.description import describe_job_with_usage
from ansible_collections.distrain.cluster.plugins.module_utils.job.files import JobFiles
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import TRAINER_LABEL
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.container import describe_container
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.files import describe_files

DRIVER = Path("/sys/module/nvidia/version")
LAST_LINES = 20
LOOKUP_SECONDS = 20
# By these an image says what GPUs and drivers it was made for.
OF_CUDA = frozenset({"CUDA_VERSION", "NVIDIA_REQUIRE_CUDA", "NVIDIA_DISABLE_REQUIRE", "TORCH_CUDA_ARCH_LIST"})


def observe(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    container = describe_container(engine.container(params["container"]), _network_id(engine, params["network"]))
    leader = f"{params['name']}-{_first(params)}"
    paths = [_path(params["directory"], copy) for copy in params["copies"]]
    job_files = JobFiles(params["directory"], params["job"])
    trainers = engine.labelled_containers(TRAINER_LABEL)
    return {
        "engine_version": engine.info().get("ServerVersion") or "",
        "driver_version": DRIVER.read_text().strip() if DRIVER.is_file() else "",
        "image": _image(engine.image(params["image"])),
        "claims": [one["Labels"] for one in trainers],
        "trainer_containers": [one["Id"] for one in trainers],
        "gpu": observe_gpus() if params["ask_gpus"] else None,
        "container": {"name": params["container"], **container},
        "webui": describe_container(engine.container(f"{params['name']}-webui")),
        "is_first": params["container"] == leader,
        "leader_found": _finds(params, leader) if params["network"] and container["state"] == "running" else None,
        "job": describe_job_with_usage(job_files, {}, LAST_LINES, time.time()),
        "files": describe_files(params["directory"], params["webui_credentials"]),
        "storage": sorted({file_system_of(path) for path in (params["directory"], *paths)}),
        "paths": {path: describe_directory(path) for path in paths},
    }


def _first(params: Mapping[str, Any]) -> str:
    hosts, first = params["hosts"], params["first_host"]
    return str(first if first in hosts or not hosts else hosts[0])


def _path(directory: str, copy: Mapping[str, Any]) -> str:
    return str(copy.get("src") if copy.get("source_host") else posixpath.join(directory, str(copy.get("dest") or "")))


def _image(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not found:
        return None
    configuration = found.get("Config") or {}
    variables = (one.partition("=") for one in configuration.get("Env") or [])
    return {
        "id": found["Id"],
        "layers": (found.get("RootFS") or {}).get("Layers") or [],
        "labels": configuration.get("Labels") or {},
        "environment": {name: value for name, _separator, value in variables if name in OF_CUDA},
    }


def _network_id(engine: Engine, name: str) -> str | None:
    return next((one["Id"] for one in engine.networks() if one["Name"] == name), None) if name else None


def _finds(params: Mapping[str, Any], name: str) -> bool | None:
    """None where there is no socket to ask at."""
    scheme, _separator, path = params["docker_host"].partition("://")
    if scheme != "unix":
        return None
    try:
        code, _output = run_exec(path, params["container"], ["getent", "hosts", name], LOOKUP_SECONDS)
    except EngineError:
        return False
    return code == 0


def main() -> None:
    run_info(
        observe,
        argument_spec={
            "name": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
            "directory": {"type": "path", "required": True},
            "job": {"type": "str", "required": True},
            "network": {"type": "str", "default": ""},
            "hosts": {"type": "list", "elements": "str", "required": True},
            "first_host": {"type": "str", "required": True},
            "copies": {"type": "list", "elements": "dict", "default": []},
            "webui_credentials": {"type": "str", "no_log": True},
            "ask_gpus": {"type": "bool", "default": False},
        },
    )


if __name__ == "__main__":
    main()
