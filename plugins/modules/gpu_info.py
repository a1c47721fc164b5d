#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: gpu_info
version_added: "1.0.0"
short_description: Observe the state of a host's NVIDIA GPUs in one go
description:
  - Reads the PCI bus, NVIDIA's driver, C(nvidia-smi) and the kernel's log, and judges nothing.
  - Works without a driver and without a GPU, too. Then the lists are empty, and no command is run where nothing on the
    host is of a GPU. Each command is given a minute at most.
  - What a GPU or its driver does not know is V(none), or empty where it is a text.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
"""

EXAMPLES = r"""
- name: Observe the GPUs
  distrain.cluster.gpu_info:
  register: observed

- name: Refuse a GPU that has lost data
  ansible.builtin.assert:
    that: observed.gpus | map(attribute='ecc.volatile_uncorrected') | select | length == 0
"""

RETURN = r"""
bus:
  description: The GPUs on the PCI bus, as M(distrain.cluster.host_info) returns them.
  returned: success
  type: list
  elements: dict
  sample: [{pci_address: "0000:17:00.0", device_id: "0x2335", driver: nvidia}]
driver_gpus:
  description:
    - The GPUs that the driver has in C(/proc/driver/nvidia/gpus), whether it leaves one out by its configuration, and
      whether its device node is there.
  returned: success
  type: list
  elements: dict
  sample:
    - {pci_address: "0000:17:00.0", model: NVIDIA H200, uuid: GPU-1, minor: 0, is_excluded: false, has_node: true}
platform:
  description: V(tegra) for a Jetson, V(wsl) for a system inside of Windows; empty for other machines.
  returned: success
  type: str
  sample: ""
driver_installation:
  description: How NVIDIA's driver is installed, loaded or not; V(none) on a host without any sign of a GPU.
  returned: success
  type: dict
  contains:
    kernel: {description: The release of the kernel that runs., type: str, sample: 6.12.48-amd64}
    platform: {description: The same as RV(platform)., type: str, sample: ""}
    module_version: {description: The version of its module for this kernel., type: str, sample: "580.95"}
    module_is_signed: {description: Whether the module is signed., type: bool, sample: true}
    secure_boot: {description: Whether the firmware runs signed code alone., type: bool, sample: false}
    sources: {description: Its sources below C(/usr/src)., type: list, elements: str, sample: [nvidia-580.95]}
    has_headers: {description: Whether the headers of this kernel are installed., type: bool, sample: true}
    packages: {description: The driver's packages., type: list, elements: str, sample: [nvidia-driver-580 580.95]}
    has_run_file: {description: Whether it was installed by NVIDIA's .run file., type: bool, sample: false}
    needs_restart: {description: Whether an update waits for a restart of the host., type: bool, sample: false}
driver_version:
  description: The version of the kernel's module that is loaded; empty for none.
  returned: success
  type: str
  sample: 580.105.08
library_version:
  description: The version of the driver that C(nvidia-smi) speaks to; empty where it does not answer.
  returned: success
  type: str
  sample: 580.105.08
toolkit_version:
  description: The version of the package of NVIDIA's container toolkit; empty where it is not installed.
  returned: success
  type: str
  sample: 1.18.1-1
cuda_version:
  description: The newest CUDA that the driver serves.
  returned: success
  type: str
  sample: "13.0"
nvidia_smi:
  description: The exit status (V(none) where it did not end) and the output of C(nvidia-smi -L); V(none) where not run.
  returned: success
  type: dict
  sample: {rc: 0, said: "GPU 0: NVIDIA H200 (UUID: GPU-1)"}
nvswitches:
  description: How many NVSwitches are on the PCI bus.
  returned: success
  type: int
  sample: 4
fabric_manager:
  description:
    - The state of C(nvidia-fabricmanager.service), such as V(active), V(inactive) or V(not-found); empty where neither
      a switch nor a GPU says that there is a fabric.
  returned: success
  type: str
  sample: active
shared_memory:
  description: The size of the host's C(/dev/shm), and how much of it is free, in bytes.
  returned: success
  type: dict
  sample: {free_bytes: 67108864000, total_bytes: 67108864000}
xids:
  description:
    - The Xid errors in the kernel's log since the host's start, by C(journalctl), C(dmesg) or C(/dev/kmsg); one entry
      for each GPU and number, with how often it was written, and of the last time when it was, in seconds of the epoch,
      by which process, and in which words.
  returned: success
  type: list
  elements: dict
  sample:
    - pci_address: "0000:17:00.0"
      number: 79
      count: 1
      time: 1769860800.0
      pid: 4711
      process: python3
      said: pid=4711, name=python3, GPU has fallen off the bus.
problems:
  description: What could not be read, a sentence for each.
  returned: success
  type: list
  elements: str
  sample: []
gpus:
  description: The GPUs that C(nvidia-smi) lists.
  returned: success
  type: list
  elements: dict
  contains:
    index: {description: Its number for C(nvidia-smi)., type: int, sample: 0}
    uuid: {description: Its UUID., type: str, sample: GPU-11111111-2222-3333-4444-555555555555}
    model: {description: The product's name., type: str, sample: NVIDIA H200}
    brand: {description: The product's brand., type: str, sample: NVIDIA}
    architecture: {description: Its architecture., type: str, sample: Hopper}
    compute_capability: {description: Its compute capability., type: str, sample: "9.0"}
    pci_address: {description: Its address on the PCI bus., type: str, sample: "0000:17:00.0"}
    minor: {description: The number of its device node., type: int, sample: 0}
    memory_bytes: {description: The size of its memory., type: int, sample: 150754820096}
    used_memory_bytes: {description: How much of that is used., type: int, sample: 0}
    virtualization:
      description: How it is shared with or by virtual machines, such as V(VGPU), V(Host VGPU), V(Pass-Through).
      type: str
      sample: None
    license: {description: The state of the license of a virtual GPU., type: str, sample: ""}
    mig: {description: Whether MIG is on., type: bool, sample: false}
    mig_devices: {description: How many MIG devices it is divided into., type: int, sample: 0}
    persistence: {description: Whether the driver stays initialized without a process., type: bool, sample: true}
    performance_state: {description: From C(P0) at most to C(P15)., type: str, sample: P0}
    utilization_percent: {description: How busy it is., type: int, sample: 0}
    temperature_celsius: {description: Its temperature., type: int, sample: 30}
    slowdowns:
      description:
        - Why its clocks are lowered now, of V(hw_slowdown), V(hw_thermal_slowdown), V(hw_power_brake_slowdown),
          V(sw_thermal_slowdown) and V(sw_power_cap).
      type: list
      elements: str
      sample: []
    recovery_action:
      description: What the driver asks for after an error, such as V(None) and V(Reset).
      type: str
      sample: Reset
    fabric:
      description: The state and the status of its fabric.
      type: dict
      sample: {state: Completed, status: Success}
    ecc:
      description:
        - Whether its memory has ECC, and how many errors there were since the driver was loaded (C(volatile_corrected),
          C(volatile_uncorrected)) and ever (C(aggregate_corrected), C(aggregate_uncorrected)), and whether those of its
          SRAM are more than NVIDIA allows (C(sram_threshold_exceeded)).
      type: dict
      sample: {enabled: true, volatile_uncorrected: 0, aggregate_uncorrected: 0}
    remapped_rows:
      description:
        - Rows of its memory that were replaced, whether one waits for that (C(pending)), or cannot be (C(failure)).
      type: dict
      sample: {corrected: 0, uncorrected: 0, pending: false, failure: false}
    repair_pending:
      description: Whether pages, memory channels or processors wait for a reset to be taken out of use.
      type: bool
      sample: false
    unrepairable_memory: {description: Whether the driver says so of its memory., type: bool, sample: false}
    pcie:
      description: The generation and the width of its PCIe link, now and at most, and the width of the port above it.
      type: dict
      sample: {generation: 5, generation_max: 5, width: 16, width_max: 16, slot_width: 16}
    nvlinks: {description: How many of its NVLinks are active., type: dict, sample: {active: 18, inactive: 0}}
    power_watts: {description: Its power now., type: float, sample: 76.5}
    power_limit_watts: {description: The limit of its power., type: float, sample: 700.0}
    clocks_mhz:
      description: Its clocks now and at most.
      type: dict
      sample: {sm: 1980, sm_max: 1980, memory: 3201, memory_max: 3201}
    numa_node: {description: The NUMA node that it is at., type: int, sample: 0}
    interfaces: {description: The network interfaces that are nearest to it., type: list, elements: str, sample: [eth0]}
    processes:
      description:
        - The processes that use it, each with its C(pid), C(name), C(memory_bytes), the ID of its C(container), and its
          C(type), C for computing and G for graphics.
      type: list
      elements: dict
      sample: [{pid: 4711, name: python3, type: C, memory_bytes: 524288000, container: ""}]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.gpu.observation import observe_gpus
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine


def observe(_params: Mapping[str, Any]) -> dict[str, Any]:
    return observe_gpus()


def main() -> None:
    run_info_without_engine(observe, {})


if __name__ == "__main__":
    main()
