#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
version_added: "1.0.0"
short_description: Observe a host in one go, with or without Docker
description:
  - Reads what the roles of this collection have to know about a host before they change it.
  - Needs nothing but Python on the host; where no engine answers, the facts about it are V(none).
extends_documentation_fragment:
  - distrain.cluster.engine.attributes
attributes:
  check_mode:
    support: full
    details: [It changes nothing.]
  diff_mode:
    support: none
    details: [It changes nothing.]
  idempotent:
    support: full
options:
  disk_paths:
    description:
      - Paths whose free space is wanted. For one that does not exist the nearest existing parent is looked at.
    type: list
    elements: path
    default: [/var/lib/docker]
  daemon_options:
    description:
      - Options that are to be merged into the engine's configuration. They decide, before that file and the engine that
        runs, which disk the engine will use.
    type: dict
    default: {}
    version_added: "1.1.0"
  ask_gpus:
    description:
      - Whether to ask C(nvidia-smi) for the GPUs where the PCI bus has any, which takes a few seconds.
    type: bool
    default: false
    version_added: "1.1.0"
  packages:
    description:
      - Names of packages whose installed versions are wanted.
    type: list
    elements: str
    default: []
  docker_socket:
    description:
      - The path of the engine's socket.
    type: path
    default: /var/run/docker.sock
  containers:
    description:
      - Names of containers of which is wanted what tells whether they are as they should be.
    type: list
    elements: str
    default: []
    version_added: "1.1.0"
  services:
    description:
      - Small services of the collection's own that are looked at as M(distrain.cluster.host_service) does.
    type: list
    elements: dict
    default: []
    version_added: "1.1.0"
    suboptions:
      name:
        description:
          - The name of the unit.
        type: str
        required: true
      files:
        description:
          - The paths of its files.
        type: list
        elements: path
        required: true
      effective_when:
        description:
          - A command that succeeds while what the service has set up is there; it is run where the unit is active.
        type: list
        elements: str
        default: []
  programs:
    description:
      - Paths of programs of which is wanted whether they can be run.
    type: list
    elements: path
    default: []
    version_added: "1.1.0"
author:
  - The distrain maintainers (@distrain)
"""

EXAMPLES = r"""
- name: Observe the host
  distrain.cluster.host_info:
    disk_paths: [/var/lib/docker, /srv/models]
    packages: [docker.io, docker-ce]
  register: observed

- name: Say how many GPUs the host has
  ansible.builtin.debug:
    msg: "{{ observed.gpus | length }}"
"""

RETURN = r"""
hostname:
  description: The host's own name.
  returned: always
  type: str
  sample: gpu-a
machine_id:
  description: What is in C(/etc/machine-id).
  returned: always
  type: str
  sample: 5b0c1d5e7f6a4b0e9f4a9f3b6c1d2e3f
distribution:
  description: The distribution, from C(/etc/os-release).
  returned: always
  type: dict
  contains:
    id: {description: Its short name., type: str, sample: debian}
    version: {description: Its version., type: str, sample: "13"}
    codename: {description: The version's code name., type: str, sample: trixie}
    name: {description: How it calls itself., type: str, sample: Debian GNU/Linux 13 (trixie)}
kernel:
  description: The release of the running kernel.
  returned: always
  type: str
  sample: 6.12.48+deb13-amd64
architecture:
  description: The machine, in Debian's words.
  returned: always
  type: str
  sample: amd64
features:
  description: What the running kernel can do for an overlay network; V(none) where it could not be tried.
  returned: always
  type: dict
  contains:
    vxlan: {description: Whether it carries overlay networks., type: bool, sample: true}
    esp: {description: Whether it carries encrypted ones., type: bool, sample: true}
cpus:
  description: How many CPUs may be used.
  returned: always
  type: int
  sample: 64
memory_bytes:
  description: The memory in bytes.
  returned: always
  type: int
  sample: 540971659264
interfaces:
  description: Every network interface but loopback.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Its name., type: str, sample: eno1}
    kind: {description: Its kind; V(hardware) or what it is made by software as., type: str, sample: bond}
    is_up: {description: Whether it is switched on and has a link., type: bool, sample: true}
    mtu: {description: Its MTU in bytes., type: int, sample: 9000}
    speed_mbits:
      description: Its speed in Mbit/s; V(none) where the kernel does not know it.
      type: int
      sample: 100000
    driver: {description: Its driver; empty for an interface made by software., type: str, sample: mlx5_core}
    master: {description: The bond or bridge that it is a member of., type: str, sample: ""}
    rdma_devices:
      description: The RDMA devices of the same hardware.
      type: list
      elements: str
      sample: [mlx5_0]
    addresses:
      description: Its addresses that reach further than the link.
      type: list
      elements: dict
      contains:
        address: {description: The address., type: str, sample: 192.0.2.11}
        prefix: {description: The length of its network prefix., type: int, sample: 24}
routes:
  description: Every route of the main table.
  returned: always
  type: list
  elements: dict
  contains:
    destination: {description: Where it leads., type: str, sample: 192.0.2.0/24}
    interface: {description: The interface it uses., type: str, sample: eth0}
    gateway: {description: Its gateway; empty where there is none., type: str, sample: 192.0.2.1}
disks:
  description: The space below each of O(disk_paths).
  returned: always
  type: list
  elements: dict
  contains:
    path: {description: The path that was asked for., type: str, sample: /var/lib/docker}
    existing_path: {description: The path that was looked at., type: str, sample: /var/lib}
    free_bytes: {description: How many bytes are free., type: int, sample: 83751862272}
    total_bytes: {description: The size of the file system in bytes., type: int, sample: 270582939648}
engine_disks:
  description:
    - The space where the engine will keep its data, and where containerd keeps images, which counts only for an engine
      with containerd's image store.
  returned: always
  type: list
  elements: dict
  contains:
    of: {description: Whose data lie there; V(engine) or V(containerd)., type: str, sample: engine}
    path: {description: Where they lie., type: str, sample: /data/docker}
    source: {description: What says so., type: str, sample: /etc/docker/daemon.json}
    existing_path: {description: The path that was looked at., type: str, sample: /data}
    free_bytes: {description: How many bytes are free., type: int, sample: 83751862272}
    total_bytes: {description: The size of the file system in bytes., type: int, sample: 270582939648}
packages:
  description: The versions of those of O(packages) that are installed.
  returned: always
  type: dict
  sample: {docker.io: 26.1.5+dfsg1-9+b9}
gpus:
  description: The GPUs of NVIDIA on the PCI bus, with or without a driver.
  returned: always
  type: list
  elements: dict
  contains:
    pci_address: {description: Where it is., type: str, sample: "0000:17:00.0"}
    device_id: {description: What it is., type: str, sample: "0x2330"}
    driver: {description: The kernel's driver that has it; empty for none., type: str, sample: nvidia}
gpu_driver:
  description: The version of NVIDIA's driver that is loaded; V(none) where none is.
  returned: always
  type: str
  sample: 535.104.05
driver_gpus:
  description: The PCI addresses of the GPUs that NVIDIA's driver has.
  returned: always
  type: list
  elements: str
  sample: ["0000:17:00.0"]
nvidia_smi:
  description:
    - What C(nvidia-smi -L) says; V(none) where it was not asked.
  returned: always
  type: dict
  contains:
    rc: {description: Its exit status; V(none) where it did not run or did not end., type: int, sample: 0}
    said: {description: Its words., type: str, sample: "GPU 0: NVIDIA H200 (UUID: GPU-1)"}
gpu_device_nodes:
  description: The device nodes that NVIDIA's driver made, one a GPU.
  returned: always
  type: list
  elements: str
  sample: [/dev/nvidia0]
engine:
  description: The Docker engine.
  returned: always
  type: dict
  contains:
    installed: {description: Whether C(dockerd) is there., type: bool, sample: true}
    version: {description: The version of the running engine; V(none) where none answers., type: str, sample: 26.1.5}
    error: {description: Why no engine answers; V(none) where one does., type: str, sample: null}
    storage_driver: {description: The storage driver., type: str, sample: overlay2}
    live_restore: {description: Whether live-restore is on., type: bool, sample: false}
    firewall_backend: {description: The firewall backend if the engine says it., type: str, sample: iptables}
    root_directory:
      description: Where the running engine keeps its data; V(none) where none answers.
      type: str
      sample: /var/lib/docker
    containerd_image_store:
      description: Whether the running engine keeps its images in containerd; V(none) where none answers.
      type: bool
      sample: false
    configuration:
      description: The engine's configuration file.
      type: dict
      contains:
        path: {description: Where it is., type: str, sample: /etc/docker/daemon.json}
        problem:
          description: Why it is no configuration; empty where it is one or is not there.
          type: str
          sample: ""
        data_root: {description: Its data-root; empty where it has none., type: str, sample: /data/docker}
        containerd_image_store:
          description: Whether it wants images in containerd; V(none) where it does not say.
          type: bool
          sample: null
    cli_plugins:
      description: Which of the plugins buildx and compose the docker command has.
      type: list
      elements: str
      sample: [buildx, compose]
    unit_state:
      description: The state of docker.service where an installed engine does not answer.
      type: str
      sample: failed
    journal:
      description: What its journal says then, in a line; empty where it was stopped, or where there is no journal.
      type: str
      sample: ""
    swarm:
      description: The host's membership in a swarm.
      type: dict
      contains:
        local_node_state: {description: What the host takes itself for., type: str, sample: active}
        node_id: {description: The ID of its node., type: str, sample: q7x0vmkzqszwk2w0h4m7sj3ss}
        node_address: {description: The address that the swarm knows it by., type: str, sample: 192.0.2.11}
        data_path_address:
          description: The address of the overlays' data as the host joined with it; empty for the same as the former.
          type: str
          sample: 198.51.100.11
        is_manager: {description: Whether it is a manager., type: bool, sample: true}
        cluster_id: {description: The ID of the swarm; a worker does not know it., type: str, sample: null}
        remote_managers:
          description: The addresses of the managers.
          type: list
          elements: str
          sample: ["192.0.2.11:2377"]
        node_ids:
          description: The IDs of all nodes; a worker does not know them.
          type: list
          elements: str
          sample: []
        error: {description: What the swarm complains about., type: str, sample: null}
    membership:
      description:
        - The same as M(distrain.cluster.swarm_info) returns it.
      type: dict
      sample: {state: active, is_manager: false, node_id: q7x0vmkzqszwk2w0h4m7sj3ss, error: ""}
    overlay_networks:
      description: The overlay networks that this engine knows; a worker knows those that its containers use.
      type: list
      elements: dict
      contains:
        name: {description: Its name., type: str, sample: distrain}
        subnets: {description: Its subnets., type: list, elements: str, sample: [10.77.0.0/16]}
        mtu: {description: The MTU of its underlay in bytes where it was given., type: int, sample: 9000}
        id: {description: Its ID., type: str, sample: k3v6m2qzt1xw9r5b8c4n7d0fh}
        driver: {description: Its driver., type: str, sample: overlay}
        gateway: {description: Its gateway where it was given., type: str, sample: 10.77.0.1}
        encrypted: {description: Whether the data between the hosts is encrypted., type: bool, sample: false}
        attachable: {description: Whether containers can be attached to it., type: bool, sample: true}
        internal: {description: Whether it leads nowhere else., type: bool, sample: false}
        labels: {description: Its labels., type: dict, sample: {}}
    containers:
      description:
        - Those of O(containers) that exist, each with its status, image, image_id, named_image_id (of the image that
          has the name now), labels, networks (their IDs by their names), restart_policy and memory_bytes.
      type: dict
      sample:
        distrain-keepalive:
          status: running
          image: distrain/probe:1
          image_id: sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6
          named_image_id: sha256:5d0da3dc976460b72c77d94c8a1ad043720b0416bfc16c52c45d4847e53fadb6
          labels: {}
          networks: {distrain: k3v6m2qzt1xw9r5b8c4n7d0fh}
          restart_policy: unless-stopped
          memory_bytes: 67108864
programs:
  description: Whether each of O(programs) can be run, by its path.
  returned: always
  type: dict
  sample: {/opt/distrain/venv/bin/python: true}
services:
  description: The services of O(services), for M(distrain.cluster.swarm_decision).
  returned: always
  type: dict
  sample:
    distrain-heal.service:
      files: {/usr/local/lib/distrain-heal.py: {sha256: 0c1d2e3f, mode: "0644"}}
      is_known: true
      is_active: true
      is_enabled: true
      needs_reload: false
      is_effective: true
"""

import os
from typing import TYPE_CHECKING

from ansible_collections.distrain.cluster.plugins.module_utils.host.engine import engine_disks, observe_installation
from ansible_collections.distrain.cluster.plugins.module_utils.host.facts import observe_host
from ansible_collections.distrain.cluster.plugins.module_utils.host.gpus import ask_nvidia_smi, driver_gpus
from ansible_collections.distrain.cluster.plugins.module_utils.host.kernel import kernel_features
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine
from ansible_collections.distrain.cluster.plugins.module_utils.service.state import observe_service
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.facts import observe_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ansible_collections.distrain.cluster.plugins.module_utils.service.plan import ServiceState

SERVICE_SPEC = {
    "name": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "path", "required": True},
    "effective_when": {"type": "list", "elements": "str", "default": []},
}
ARGUMENT_SPEC = {
    "disk_paths": {"type": "list", "elements": "path", "default": ["/var/lib/docker"]},
    "daemon_options": {"type": "dict", "default": {}},
    "ask_gpus": {"type": "bool", "default": False},
    "packages": {"type": "list", "elements": "str", "default": []},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
    "containers": {"type": "list", "elements": "str", "default": []},
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE_SPEC},
    "programs": {"type": "list", "elements": "path", "default": []},
}


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    host = observe_host(params["disk_paths"], params["packages"])
    engine = observe_engine(params["docker_socket"], params["containers"])
    engine |= observe_installation(engine)
    return {
        **host,
        "features": kernel_features(),
        "engine": engine,
        "engine_disks": list(engine_disks(params["daemon_options"], engine)),
        "driver_gpus": driver_gpus(),
        "nvidia_smi": ask_nvidia_smi() if params["ask_gpus"] and host["gpus"] else None,
        "programs": {path: os.access(path, os.X_OK) for path in params["programs"]},
        "services": {one["name"]: _service(one).as_facts() for one in params["services"]},
    }


def _service(params: Mapping[str, Any]) -> ServiceState:
    return observe_service({**params, "files": [{"path": path} for path in params["files"]]})


def main() -> None:
    run_info_without_engine(observe, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
