# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts with GPUs as the module gpu_info describes them, from listings in which a test plants what is wrong.

The listings in gpu_listings are written after the public format of C(nvidia-smi -q -x), each with one GPU.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from ansible_collections.distrain.cluster.plugins.module_utils.gpu.description import describe_gpu
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.driver import with_peers
from ansible_collections.distrain.cluster.plugins.module_utils.gpu.listing import parse_listing
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

LISTINGS = ROOT / "tests" / "unit" / "support" / "gpu_listings"
CAPABILITIES = {"h200": "9.0", "a100_mig": "8.0", "rtx_4090": "8.9", "t4": "7.5"}
NVLINKS = {"h200": 18, "a100_mig": 12}
SWITCHES = {"h200": 4, "a100_mig": 6}
INSTALLATION: Mapping[str, Any] = {
    **{"kernel": "6.12.48-amd64", "platform": "", "module_version": "580.105.08", "module_is_signed": True},
    **{"secure_boot": False, "sources": ["nvidia-580.105.08"], "has_headers": True},
    **{"packages": ["nvidia-driver-580 580.105.08"], "has_run_file": False, "needs_restart": False},
}
BUSES = ("17", "2a", "3b", "44", "5d", "9a", "ab", "db")
GIBIBYTE = 2**30


def listing_of(name: str, count: int = 1, planted: Mapping[str, str] | None = None, at: int = 0) -> str:
    """The XML of a host with so many of these GPUs; ``planted`` are texts by their path below the GPU C(at).

    A path that begins with C(/) is below the root. An element that the listing does not have is made.
    """
    text = (LISTINGS / f"{name}.xml").read_text()
    root = ElementTree.fromstring(text)
    first = root.find("gpu")
    assert first is not None
    gpus = [first, *(copy.deepcopy(first) for _number in range(count - 1))]
    root.extend(gpus[1:])
    for number, gpu in enumerate(gpus[1:], 1):
        _set(gpu, "uuid", _text(first, "uuid").replace("0000-", f"000{number}-", 1))
        _set(gpu, "minor_number", str(number))
        _set(gpu, "pci/pci_bus_id", f"00000000:{BUSES[number].upper()}:00.0")
    for path, value in (planted or {}).items():
        _set(root if path.startswith("/") else gpus[at], path.lstrip("/"), value)
    return text.partition("<nvidia_smi_log>")[0] + ElementTree.tostring(root, encoding="unicode")


def _text(node: ElementTree.Element, path: str) -> str:
    return str(node.findtext(path))


def _set(node: ElementTree.Element, path: str, value: str) -> None:
    for name in path.split("/"):
        found = node.find(name)
        node = ElementTree.SubElement(node, name) if found is None else found
    if value.startswith("<"):
        node[:] = list(ElementTree.fromstring(f"<all>{value}</all>"))
    else:
        node.text = value


def process(pid: int, name: str = "python3", kind: str = "C", memory: str = "500 MiB") -> str:
    return (
        f"<process_info><pid>{pid}</pid><type>{kind}</type><process_name>{name}</process_name>"
        f"<used_memory>{memory}</used_memory></process_info>"
    )


def facts_of(
    name: str, count: int = 1, planted: Mapping[str, str] | None = None, at: int = 0, **changes: Any
) -> dict[str, Any]:
    """What gpu_info returns of a healthy host of these GPUs but for what is planted in the listing, and ``changes``."""
    found = parse_listing(listing_of(name, count, planted, at))
    links = {"active": NVLINKS.get(name, 0), "inactive": 0}
    gpus = []
    for index, record in enumerate(found.gpus):
        gpu = describe_gpu(record, index)
        gpu = with_peers(gpu, {gpu["uuid"]: CAPABILITIES[name]}, {gpu["uuid"]: links})
        gpu["processes"] = [{**one, "container": ""} for one in gpu["processes"]]
        gpu["pcie"]["slot_width"] = 16
        gpus.append({**gpu, "numa_node": 0, "interfaces": ["eth0"]})
    bus = [{"pci_address": one["pci_address"], "device_id": "0x2335", "driver": "nvidia"} for one in gpus]
    said = "\n".join(f"GPU {one['index']}: {one['model']} (UUID: {one['uuid']})" for one in gpus)
    return {
        "bus": bus,
        "driver_gpus": [_driven(one) for one in gpus],
        "platform": "",
        "driver_installation": {**INSTALLATION, "module_version": ""},
        "driver_version": found.driver_version,
        "library_version": found.driver_version,
        "cuda_version": found.cuda_version,
        "nvidia_smi": {"rc": 0, "said": said},
        "gpus": gpus,
        "nvswitches": SWITCHES.get(name, 0),
        "fabric_manager": "active" if name in SWITCHES else "",
        "shared_memory": {"free_bytes": 64 * GIBIBYTE, "total_bytes": 64 * GIBIBYTE},
        "xids": [],
        "problems": [],
        **changes,
    }


def _driven(gpu: Mapping[str, Any]) -> dict[str, Any]:
    alike = {name: gpu[name] for name in ("pci_address", "model", "uuid", "minor")}
    return {**alike, "is_excluded": False, "has_node": True}


def without(facts: dict[str, Any], index: int) -> dict[str, Any]:
    """The same host, whose nvidia-smi does not list one of its GPUs."""
    return {**facts, "gpus": [one for one in facts["gpus"] if one["index"] != index]}


def xid(number: int, address: str = "0000:17:00.0", **changes: Any) -> dict[str, Any]:
    entry = {"pci_address": address, "number": number, "count": 1, "time": 1769860800.0}
    return {**entry, "pid": 4711, "process": "python3", "said": "pid=4711, name=python3, text", **changes}


def changed(facts: dict[str, Any], index: int, part: str, values: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    """The same host, one of whose GPUs has other facts in one part."""
    gpus = [dict(one) for one in facts["gpus"]]
    gpus[index][part] = {**gpus[index][part], **values} if isinstance(values, Mapping) else values
    return {**facts, "gpus": gpus}
