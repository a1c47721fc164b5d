#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: nvidia_toolkit_info
version_added: "1.0.0"
short_description: Observe a host's GPUs, and what it lacks of NVIDIA's container toolkit
description:
  - Reads in one go what the role nvidia_toolkit needs to know of a host before it changes anything, for
    M(distrain.cluster.nvidia_toolkit_decision).
  - On a host without a GPU nothing but the PCI bus and the packages are looked at.
extends_documentation_fragment:
  - distrain.cluster.configuration
  - distrain.cluster.configuration.source
  - distrain.cluster.engine.socket
  - distrain.cluster.attributes.info
options:
  gpu_present:
    description: Whether the host has a GPU of NVIDIA; V(auto) looks on the PCI bus.
    type: str
    choices: [auto, present, absent]
    default: auto
  count_only:
    description: Whether the GPUs alone are wanted, and nothing of the toolkit.
    type: bool
    default: false
  proof_path:
    description: The file that records what containers on this host were last proven to see.
    type: path
    default: /opt/distrain/gpu-proof
"""

EXAMPLES = r"""
- name: Count the GPUs of the host
  distrain.cluster.nvidia_toolkit_info:
    count_only: true
    configuration: {owner: nvidia_toolkit}
  register: nvidia_toolkit_observed
"""

RETURN = r"""
architecture:
  description: The machine, in Debian's words.
  returned: success
  type: str
  sample: amd64
packages:
  description: The versions of the installed packages among those that the role may install.
  returned: success
  type: dict
  sample: {nvidia-container-toolkit: 1.18.1-1}
gpus:
  description: The GPUs on the PCI bus, as M(distrain.cluster.host_info) returns them.
  returned: success
  type: list
  elements: dict
  sample: [{pci_address: "0000:17:00.0", device_id: "0x2330", driver: nvidia}]
gpu_driver:
  description: The version of NVIDIA's driver that is loaded; V(none) where none is.
  returned: success
  type: str
  sample: 535.104.05
driver_gpus:
  description: The PCI addresses of the GPUs that the driver has.
  returned: success
  type: list
  elements: str
  sample: ["0000:17:00.0"]
has_gpu:
  description: Whether the host has a GPU, or is said to have one.
  returned: success
  type: bool
  sample: true
gpu_count:
  description: How many GPUs the driver lists.
  returned: success
  type: int
  sample: 8
nvidia_smi:
  description: The exit status and the output of C(nvidia-smi -L); V(none) on a host without a GPU.
  returned: success
  type: dict
  sample: {rc: 0, said: "GPU 0: NVIDIA H200 (UUID: GPU-1)"}
driver_installation:
  description: How NVIDIA's driver is installed, as M(distrain.cluster.gpu_info) returns it.
  returned: on a host with a GPU
  type: dict
  sample: {module_version: "580.95", has_run_file: false}
source:
  description: The state of O(source), as M(distrain.cluster.docker_info) returns it.
  returned: on a host with a GPU, unless O(count_only)
  type: dict
  sample: {is_current: true, problem: ""}
is_installed:
  description: Whether C(nvidia-ctk) is there.
  returned: on a host with a GPU, unless O(count_only)
  type: bool
  sample: true
options:
  description: What the engine's configuration has to hold, as C(nvidia-ctk runtime configure) prints it.
  returned: on a host with a GPU, unless O(count_only)
  type: dict
  sample: {features: {cdi: true}}
configuration:
  description: What M(distrain.cluster.engine_configuration) would do with these; V(none) without the toolkit.
  returned: on a host with a GPU, unless O(count_only)
  type: dict
  sample: {steps: [], needs_restart: false, running_work: [], options: {}, flags: [hosts], problem: ""}
has_unit:
  description: Whether the toolkit has a unit that keeps the CDI specification up to date.
  returned: on a host with a GPU, unless O(count_only)
  type: bool
  sample: true
specification_is_current:
  description: Whether the CDI specification describes the GPUs that the host has.
  returned: on a host with a GPU, unless O(count_only)
  type: bool
  sample: true
proof:
  description: Digests of what containers should be proven to see, and of what they were last proven to see.
  returned: on a host with a GPU, unless O(count_only)
  type: dict
  sample: {wanted: 0c1d2e3f, found: 0c1d2e3f}
"""

from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.daemon.preview import OBSERVED_SPEC
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.toolkit import observe_toolkit
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine

ARGUMENT_SPEC: dict[str, Any] = {
    **OBSERVED_SPEC,
    "gpu_present": {"type": "str", "choices": ["auto", "present", "absent"], "default": "auto"},
    "count_only": {"type": "bool", "default": False},
    "proof_path": {"type": "path", "default": "/opt/distrain/gpu-proof"},
}


def main() -> None:
    run_info_without_engine(observe_toolkit, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
