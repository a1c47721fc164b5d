#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: nvidia_driver_info
version_added: "1.0.0"
short_description: Observe how NVIDIA's driver is installed on a host, and what apt there has of it
description:
  - Reads in one go what the role nvidia_driver needs to know of a host before it changes anything, for
    M(distrain.cluster.nvidia_driver_decision).
  - Needs nothing but Python on the host, and changes nothing.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
  - distrain.cluster.configuration.source
  - distrain.cluster.engine.socket
options:
  gpu_present:
    description: Whether the host has a GPU of NVIDIA; V(auto) looks on the PCI bus.
    type: str
    choices: [auto, present, absent]
    default: auto
  record:
    description: The path of the record of packages that M(distrain.cluster.apt_hold) holds.
    type: path
    required: true
  preferences:
    description: The file of apt's preferences that is to be there, with which apt is asked.
    type: dict
    required: true
    suboptions:
      path:
        description: The path of the file.
        type: path
        required: true
      content:
        description: What the file should hold; empty where apt is to be asked without it.
        type: str
        default: ""
  candidates:
    description: The packages whose versions that apt would install are wanted.
    type: list
    elements: str
    default: []
  simulate:
    description: The packages whose installation is simulated, C(NAME) or C(NAME=VERSION).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Observe the driver
  distrain.cluster.nvidia_driver_info:
    record: /opt/distrain/driver-holds.json
    preferences: {path: /etc/apt/preferences.d/distrain-nvidia-driver}
  register: nvidia_driver_observed
"""

RETURN = r"""
distribution:
  description: The distribution, as M(distrain.cluster.host_info) returns it.
  returned: success
  type: dict
  sample: {id: debian, version: "13", codename: trixie, name: Debian GNU/Linux 13 (trixie)}
architecture: {description: "The machine, in Debian's words.", returned: success, type: str, sample: amd64}
kernel: {description: The release of the kernel that runs., returned: success, type: str, sample: 6.12.48-amd64}
gpus:
  description: The GPUs on the PCI bus, as M(distrain.cluster.host_info) returns them.
  returned: success
  type: list
  elements: dict
  sample: [{pci_address: "0000:17:00.0", device_id: "0x2335", driver: nvidia}]
has_gpu:
  description: Whether the host is to have a driver; what follows is returned only then.
  returned: success
  type: bool
  sample: true
has_apt: {description: Whether Python can use apt., returned: with a GPU, type: bool, sample: true}
loaded:
  description: The version of the module that is loaded, and whether it is V(open) or V(proprietary); empty for none.
  returned: with a GPU
  type: dict
  sample: {version: 580.95.05, module: open}
nouveau: {description: Whether the driver nouveau is loaded., returned: with a GPU, type: bool, sample: false}
driver_installation:
  description: As M(distrain.cluster.gpu_info) returns it.
  returned: with a GPU
  type: dict
  sample: {module_version: 580.95.05, secure_boot: false, has_run_file: false}
packages:
  description: The versions of the installed packages of the driver, of every packaging.
  returned: with a GPU
  type: dict
  sample: {libcuda1: 550.163.01-2}
held: {description: Packages of it that are held., returned: with a GPU, type: list, elements: str, sample: [libcuda1]}
recorded:
  description: Those that are held by this collection.
  returned: with a GPU
  type: list
  elements: str
  sample: [libcuda1]
key_is_enrolled:
  description: Whether the firmware knows the key by which DKMS signs modules; V(false) where Secure Boot is off.
  returned: with a GPU
  type: bool
  sample: false
running_work:
  description: The jobs and containers that a change of the driver, or a restart, would end.
  returned: with a GPU
  type: list
  elements: str
  sample: []
preferences: {description: The text of the file of preferences., returned: with a GPU, type: str, sample: ""}
source:
  description: Whether O(source) is there, with which key, and what prevents it; V(none) without it.
  returned: with a GPU
  type: dict
  sample: {is_current: false, key: "", content: "", problem: ""}
candidates:
  description: The version that apt would install of each of O(candidates); empty where it has none.
  returned: with a GPU
  type: dict
  sample: {libcuda1: 550.163.01-2}
simulated:
  description: The packages that an installation of O(simulate) would remove, and why apt cannot do it.
  returned: with a GPU
  type: dict
  sample: {removes: [], problem: ""}
"""

from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.apt.preview import SOURCE_SPEC
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.driver import observe_driver
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine

PREFERENCES_SPEC: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "default": ""},
}
ARGUMENT_SPEC: dict[str, Any] = {
    "gpu_present": {"type": "str", "choices": ["auto", "present", "absent"], "default": "auto"},
    "record": {"type": "path", "required": True},
    "preferences": {"type": "dict", "required": True, "options": PREFERENCES_SPEC},
    "source": {"type": "dict", "options": SOURCE_SPEC},
    "candidates": {"type": "list", "elements": "str", "default": []},
    "simulate": {"type": "list", "elements": "str", "default": []},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def main() -> None:
    run_info_without_engine(observe_driver, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
