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
seealso:
  - module: community.docker.docker_host_info
    description: >-
      The whole of what an engine says of itself, and lists of its containers, images and volumes. Take it where an
      engine runs for sure.
  - module: ansible.builtin.setup
    description: The facts of a host in general. Take it for what has nothing to do with this collection.
extends_documentation_fragment:
  - distrain.cluster.engine.socket
  - distrain.cluster.attributes.info
options:
  disk_paths:
    description: Paths whose free space is wanted. For one that does not exist the nearest existing parent is looked at.
    type: list
    elements: path
    default: [/var/lib/docker]
  daemon_options:
    description:
      - Options that are to be merged into the engine's configuration. They decide, before that file and the engine that
        runs, which disk the engine will use.
    type: dict
    default: {}
  ask_gpus:
    description: Whether to observe the state of the GPUs, which takes a few seconds where there are any.
    type: bool
    default: false
  packages:
    description: Names of packages whose installed versions are wanted.
    type: list
    elements: str
    default: []
  containers:
    description: Names of containers that are observed.
    type: list
    elements: str
    default: []
  container_label:
    description: The containers that have this label are observed too; empty for no others.
    type: str
    default: ""
  services:
    description: Small services of the collection's own that are looked at as M(distrain.cluster.host_service) does.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the unit.
        type: str
        required: true
      files:
        description: The paths of its files.
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
    description: Paths of programs of which is wanted whether they can be run.
    type: list
    elements: path
    default: []
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
hostname: {description: The host's own name., returned: always, type: str, sample: gpu-a}
machine_id:
  description: What is in C(/etc/machine-id).
  returned: always
  type: str
  sample: 5b0c1d5e7f6a4b0e9f4a9f3b6c1d2e3f
distribution:
  description: The distribution's id, version, codename and full name, from C(/etc/os-release).
  returned: always
  type: dict
  sample: {id: debian, version: "13", codename: trixie, name: Debian GNU/Linux 13 (trixie)}
kernel: {description: The release of the running kernel., returned: always, type: str, sample: 6.12.48+deb13-amd64}
architecture: {description: The machine by Debian's name for it., returned: always, type: str, sample: amd64}
features:
  description:
    - Whether the running kernel carries overlay networks (vxlan) and encrypted ones (esp); V(none) where it could not
      be tried.
  returned: always
  type: dict
  sample: {vxlan: true, esp: true}
cpus: {description: How many CPUs may be used., returned: always, type: int, sample: 64}
memory_bytes: {description: The memory in bytes., returned: always, type: int, sample: 540971659264}
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
    speed_mbits: {description: Its speed in Mbit/s; V(none) where it is not known., type: int, sample: 100000}
    driver: {description: Its driver; empty for an interface made by software., type: str, sample: mlx5_core}
    master: {description: The bond or bridge that it is a member of., type: str, sample: ""}
    rdma_devices: {description: The RDMA devices of the same hardware., type: list, elements: str, sample: [mlx5_0]}
    addresses:
      description: Its addresses beyond the scope of the link, each with the length of its network prefix.
      type: list
      elements: dict
      sample: [{address: 192.0.2.11, prefix: 24}]
routes:
  description: Every route of the main table; the gateway is empty where there is none.
  returned: always
  type: list
  elements: dict
  sample: [{destination: 192.0.2.0/24, interface: eth0, gateway: 192.0.2.1}]
disks:
  description: The space below each of O(disk_paths), and the path that was measured because it exists.
  returned: always
  type: list
  elements: dict
  sample: [{path: /var/lib/docker, existing_path: /var/lib, free_bytes: 83751862272, total_bytes: 270582939648}]
engine_disks:
  description:
    - The space where the engine will keep its data, and where containerd keeps images, which counts only for an engine
      with containerd's image store; whose data lie there (V(engine) or V(containerd)), and by which source.
  returned: always
  type: list
  elements: dict
  sample:
    - of: engine
      path: /data/docker
      source: /etc/docker/daemon.json
      existing_path: /data
      free_bytes: 83751862272
      total_bytes: 270582939648
file_systems:
  description:
    - The mounted file systems of this host's own disks and memory, with what users other than root may still write, and
      the inodes, which are 0 where the file system does not count them. Those of a network and those that an engine
      mounts for containers are left out.
  returned: always
  type: list
  elements: dict
  sample:
    - path: /
      type: ext4
      free_bytes: 83751862272
      total_bytes: 270582939648
      free_inodes: 16000000
      total_inodes: 16777216
host_names:
  description: The names in C(/etc/hosts), each with its addresses.
  returned: always
  type: dict
  sample: {gpu-02: [192.0.2.12]}
packages:
  description: The versions of those of O(packages) that are installed.
  returned: always
  type: dict
  sample: {docker.io: 26.1.5+dfsg1-9+b9}
gpus:
  description: The GPUs of NVIDIA on the PCI bus, each with the kernel's driver that has it; empty for none.
  returned: always
  type: list
  elements: dict
  sample: [{pci_address: "0000:17:00.0", device_id: "0x2330", driver: nvidia}]
gpu_driver:
  description: The version of NVIDIA's driver that is loaded; V(none) where none is.
  returned: always
  type: str
  sample: 535.104.05
gpu:
  description: The state of the GPUs, as M(distrain.cluster.gpu_info) returns it; V(none) unless O(ask_gpus).
  returned: always
  type: dict
gpu_device_nodes:
  description: The device nodes that NVIDIA's driver made, one for each GPU.
  returned: always
  type: list
  elements: str
  sample: [/dev/nvidia0]
engine:
  description: The Docker engine; what only a running engine knows is V(none) where none answers.
  returned: always
  type: dict
  contains:
    installed: {description: Whether C(dockerd) is there., type: bool, sample: true}
    version: {description: The version of the running engine., type: str, sample: 26.1.5}
    error: {description: Why no engine answers; V(none) where one does., type: str, sample: null}
    storage_driver: {description: The storage driver., type: str, sample: overlay2}
    live_restore: {description: Whether live-restore is on., type: bool, sample: false}
    firewall_backend: {description: The firewall backend where the engine reports it., type: str, sample: iptables}
    root_directory: {description: Where it keeps its data., type: str, sample: /var/lib/docker}
    containerd_image_store: {description: Whether it keeps its images in containerd., type: bool, sample: false}
    configuration:
      description: Its configuration file, why that is no configuration, its data-root, and whether it wants containerd.
      type: dict
      sample: {path: /etc/docker/daemon.json, problem: "", data_root: /data/docker, containerd_image_store: null}
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
      description: A line of its journal then; empty where it was stopped, or where there is no journal.
      type: str
      sample: ""
    swarm:
      description:
        - The membership as far as the choice of networks needs it. The data path address is the one with which the host
          joined; a worker does not know the ID of the swarm. C(node_ids) is null where the engine cannot list the
          nodes, as a worker, and a manager whose swarm has no leader.
      type: dict
      sample:
        local_node_state: active
        node_id: q7x0vmkzqszwk2w0h4m7sj3ss
        node_address: 192.0.2.11
        data_path_address: 198.51.100.11
        is_manager: true
        cluster_id: m2w8j0yq5r3k7x1c9v4b6n8d2
        remote_managers: ["192.0.2.11:2377"]
        node_ids: [q7x0vmkzqszwk2w0h4m7sj3ss]
        error: null
    membership:
      description: The same as M(distrain.cluster.swarm_info) returns it.
      type: dict
      sample: {state: active, is_manager: false, node_id: q7x0vmkzqszwk2w0h4m7sj3ss, error: ""}
    overlay_networks:
      description:
        - The overlay networks that this engine knows; a worker knows those that its containers use. Null where the
          engine does not answer that, as a manager whose swarm has no leader may not.
      type: list
      elements: dict
      sample:
        - id: k3v6m2qzt1xw9r5b8c4n7d0fh
          name: distrain
          driver: overlay
          subnets: [10.77.0.0/16]
          gateway: 10.77.0.1
          mtu: 9000
          encrypted: false
          attachable: true
          internal: false
          labels: {}
    containers:
      description:
        - Those of O(containers) that exist and those with O(container_label), by their names, each with its status,
          image, image_id, named_image_id (of the image that has the name now), labels, networks (their IDs by their
          names), restart_policy and memory_bytes.
      type: dict
      sample: {distrain-keepalive: {status: running, networks: {distrain: k3v6m2qzt1xw9r5b8c4n7d0fh}}}
programs:
  description: Whether each of O(programs) can be run, by its path.
  returned: always
  type: dict
  sample: {/opt/distrain/venv/bin/python: true}
services:
  description: The services of O(services), as M(distrain.cluster.swarm_decision) takes them.
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

from ansible_collections.distrain.cluster.plugins.module_utils.gpu.observation import observe_gpus
from ansible_collections.distrain.cluster.plugins.module_utils.host.engine import engine_disks, observe_installation
from ansible_collections.distrain.cluster.plugins.module_utils.host.facts import observe_host
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
    "container_label": {"type": "str", "default": ""},
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE_SPEC},
    "programs": {"type": "list", "elements": "path", "default": []},
}


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    host = observe_host(params["disk_paths"], params["packages"])
    engine = observe_engine(params["docker_socket"], params["containers"], params["container_label"])
    engine |= observe_installation(engine)
    return {
        **host,
        "features": kernel_features(),
        "engine": engine,
        "engine_disks": list(engine_disks(params["daemon_options"], engine)),
        "gpu": observe_gpus() if params["ask_gpus"] else None,
        "programs": {path: os.access(path, os.X_OK) for path in params["programs"]},
        "services": {one["name"]: _service(one).as_facts() for one in params["services"]},
    }


def _service(params: Mapping[str, Any]) -> ServiceState:
    return observe_service({**params, "files": [{"path": path} for path in params["files"]]})


def main() -> None:
    run_info_without_engine(observe, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
