# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what differs between hosts that should be alike, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.names import folded

from .observation import Host

Value = Callable[[Host], "str | None"]

ABSENT = "none"


@dataclass(frozen=True)
class Item:
    """``value`` is None for a host of which it is not known."""

    subject: str
    severity: str
    remedy: str
    value: Value


def find_differences(hosts: Sequence[Host]) -> list[dict[str, Any]]:
    """Return each difference: its subject, severity and remedy, and the values, the most frequent first."""
    found = []
    for item in (*ITEMS, *_packages(hosts)):
        values: dict[str, list[str]] = {}
        for host in hosts:
            value = item.value(host)
            if value is not None:
                values.setdefault(value, []).append(host.name)
        if len(values) > 1:
            ordered = sorted(values.items(), key=lambda one: -len(one[1]))
            found.append(
                {
                    "subject": item.subject,
                    "severity": item.severity,
                    "values": [{"value": value, "hosts": names} for value, names in ordered],
                    "remedy": item.remedy,
                }
            )
    return found


def in_words(difference: Mapping[str, Any]) -> str:
    """C(26.1.5 on gpu-01…03; 28.5.2 on gpu-04)."""
    return "; ".join(f"{one['value']} on {folded(one['hosts'])}" for one in difference["values"])


def _fact(*path: str) -> Value:
    def value(host: Host) -> str | None:
        found: Any = host.facts
        for key in path:
            found = (found or {}).get(key)
        return None if found in (None, "") else str(found)

    return value


def _store(host: Host) -> str | None:
    found = host.engine.get("containerd_image_store")
    return None if found is None else "containerd" if found else "classic"


def _gpus(host: Host) -> str | None:
    if host.facts is None:
        return None
    models = [one["model"] for one in (host.facts.get("gpu") or {}).get("gpus") or ()]
    names = models or [f"device {one['device_id']}" for one in host.facts.get("gpus") or ()]
    return ", ".join(f"{names.count(name)} x {name}" for name in dict.fromkeys(names)) or ABSENT


def _memory(host: Host) -> str | None:
    """In GiB, of which a small difference says nothing."""
    found = (host.facts or {}).get("memory_bytes")
    return f"{round(found / 2**30)} GiB" if found else None


def _data_mtu(host: Host) -> str | None:
    address = (host.engine.get("swarm") or {}).get("data_path_address") or host.membership.get("node_address")
    for interface in (host.facts or {}).get("interfaces") or ():
        if address in [one["address"] for one in interface["addresses"]]:
            return str(interface["mtu"])
    return None


def _python(host: Host) -> str | None:
    packages = (host.docker.get("python") or {}).get("packages")
    return None if not packages else ", ".join(sorted(one for one in packages if one.startswith("docker==")))


def _packages(hosts: Sequence[Host]) -> Iterator[Item]:
    """The packages of engine and toolkit; one that only some hosts have may be another of the same purpose."""
    parts = {
        host.name: {**(host.docker.get("packages") or {}), **(host.toolkit.get("packages") or {})} for host in hosts
    }
    known = {host.name for host in hosts if "packages" in host.docker}
    for name in sorted({package for one in parts.values() for package in one}):

        def value(host: Host, name: str = name) -> str | None:
            return parts[host.name].get(name, ABSENT) if host.name in known else None

        yield Item(f"package {name}", "warning", "Install one version on all hosts.", value)


ITEMS = (
    Item("distribution", "note", "Nothing to do where all are supported.", _fact("distribution", "name")),
    Item("kernel", "note", "Nothing to do where all hosts work.", _fact("kernel")),
    Item("architecture", "warning", "Hosts of two architectures need an image each.", _fact("architecture")),
    Item("engine", "warning", "Upgrade the older engines, host after host.", _fact("engine", "version")),
    Item("storage driver", "note", "Nothing to do where all hosts work.", _fact("engine", "storage_driver")),
    Item("image store", "note", "Nothing to do: images are compared by what is the same in both.", _store),
    Item("NVIDIA driver", "warning", "Install one version on all hosts.", _fact("gpu_driver")),
    Item("GPUs", "warning", "Give each job hosts that are alike, or say its processes per host.", _gpus),
    Item("CPUs", "note", "Nothing to do where the job fits.", _fact("cpus")),
    Item("memory", "note", "Nothing to do where the job fits.", _memory),
    Item("MTU of the data path", "warning", "Give the interfaces of the data path one MTU.", _data_mtu),
    Item("Python of the modules", "warning", "Run playbooks/hosts.yml.", _python),
)
