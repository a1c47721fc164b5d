# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of hosts that are well, as the doctor gets it, and changes to it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import TRAINER_LABEL
from ansible_collections.distrain.cluster.plugins.plugin_utils.doctor.observation import Cluster, Host

NAMES = ("gpu-01", "gpu-02", "gpu-03")
IMAGE = "distrain/llama-factory:1"
TRAINER = "llama-factory"
NETWORK = {"id": "n1", "name": "distrain", "mtu": 1500, "encrypted": False, "attachable": True}
GPU = {"pci_address": "0000:17:00.0", "device_id": "0x2330", "driver": "nvidia"}
TOOLKIT = {
    "packages": {"nvidia-container-toolkit": "1.18.1-1"},
    "has_gpu": True,
    "gpu_count": 1,
    "is_installed": True,
    "specification_is_current": True,
    "proof": {"wanted": "1", "found": "1"},
    "configuration": {"steps": [], "problem": ""},
}


def address(name: str) -> str:
    return f"192.0.2.{int(name[-2:])}"


def node(name: str, **changes: Any) -> dict[str, Any]:
    role = "manager" if name == NAMES[0] else "worker"
    ready = {"state": "ready", "availability": "active", "reachability": "reachable" if role == "manager" else ""}
    return {"id": f"id-{name}", "hostname": name, "role": role, "address": address(name), **ready, **changes}


def container(name: str, **changes: Any) -> dict[str, Any]:
    image = {"image": IMAGE, "image_id": "sha256:1", "named_image_id": "sha256:1"}
    return {"status": "running", **image, "labels": {}, "networks": {NETWORK["name"]: NETWORK["id"]}, **changes}


def facts(name: str) -> dict[str, Any]:
    is_manager = name == NAMES[0]
    membership = {"state": "active", "is_manager": is_manager, "node_id": f"id-{name}", "node_address": address(name)}
    return {
        "hostname": name,
        "machine_id": name,
        "distribution": {"name": "Debian GNU/Linux 13 (trixie)"},
        "kernel": "6.12.48",
        "architecture": "amd64",
        "cpus": 64,
        "memory_bytes": 540971659264,
        "interfaces": [{"name": "eth0", "mtu": 1500, "addresses": [{"address": address(name), "prefix": 24}]}],
        "file_systems": [
            {"path": "/", "free_bytes": 8e10, "total_bytes": 2e11, "free_inodes": 10**6, "total_inodes": 2 * 10**6},
            {"path": "/boot", "free_bytes": 5e8, "total_bytes": 1e9, "free_inodes": 0, "total_inodes": 0},
        ],
        "host_names": {"localhost": ["127.0.0.1"], name: ["127.0.1.1"]},
        "gpus": [GPU],
        "gpu_driver": "580.1",
        "gpu": {"gpus": [{"model": "NVIDIA H200"}]},
        "services": {"distrain-heal.service": {"is_known": True, "is_active": True, "is_enabled": True}},
        "engine_disks": [{"free_bytes": 8e10}],
        "engine": {
            "installed": True,
            "version": "26.1.5",
            "storage_driver": "overlay2",
            "containerd_image_store": False,
            "configuration": {"path": "/etc/docker/daemon.json", "problem": ""},
            "swarm": {"data_path_address": address(name)},
            "membership": membership | {"nodes": [node(one) for one in NAMES] if is_manager else [], "error": ""},
            "overlay_networks": [NETWORK] if is_manager else [],
            "containers": {
                "distrain-keepalive": container("keepalive"),
                f"{TRAINER}-{name}": container(TRAINER, labels={TRAINER_LABEL: TRAINER}),
            },
        },
    }


def host(name: str) -> Host:
    return Host(
        name=name,
        is_manager=name == NAMES[0],
        facts=facts(name),
        docker={
            "packages": {"docker.io": "26.1.5", "containerd": "1.7.24"},
            "is_enabled": True,
            "configuration": {"steps": [], "problem": ""},
            "python": {"exists": True, "packages": ["docker==7.2.0", "pip==25.1"]},
        },
        toolkit=TOOLKIT,
        images={"images": [{"names": [IMAGE], "identity": {"fingerprint": "sha256:abc"}}], "absent": []},
        jobs={"jobs": [job(name)]},
    )


def job(of: str, **changes: Any) -> dict[str, Any]:
    rank = {"rank": int(of[-2:]) - 1, "attempt": "1", "started": 100.0, "exit_code": None, "silent_seconds": 3.0}
    return {"name": "sft", "state": "running", **rank, **changes}


def cluster(changes: Mapping[str, Mapping[str, Any]] | None = None, **settings: Any) -> Cluster:
    """``changes`` are by host: fields of it, or paths of dotted keys in its facts, each with the new value."""
    hosts = []
    for name in NAMES:
        one = host(name)
        of_facts = {}
        for key, value in ((changes or {}).get(name) or {}).items():
            if key in Host.__dataclass_fields__:
                one = replace(one, **{key: value})
            else:
                of_facts[key] = value
        hosts.append(replace(one, facts=changed(one.facts, of_facts)) if of_facts else one)
    return Cluster(hosts=hosts, trainer=TRAINER, image=IMAGE, **settings)


def changed(value: Any, changes: Mapping[str, Any]) -> Any:
    found = copy.deepcopy(value)
    for path, new in changes.items():
        *way, last = path.split("/")
        inner = found
        for key in way:
            inner = inner[key]
        inner[last] = new
    return found
