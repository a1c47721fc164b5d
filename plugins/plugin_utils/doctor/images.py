# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the trainer's image on the hosts that train."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.distrain.cluster.plugins.module_utils.text.names import folded

from ..findings.finding import ALL_HOSTS, Finding
from .observation import Cluster, Host

SUBJECT = "image"
AGAIN = "Run playbooks/images.yml"


def find_image_problems(cluster: Cluster) -> Iterator[Finding]:
    hosts = [host for host in cluster.answering if host.trains and "images" in host.images]
    by_identity = holders(hosts, cluster.image)
    absent = [
        host.name for host in hosts if host.name not in [name for names in by_identity.values() for name in names]
    ]
    if hosts and not by_identity:
        found = f"no host has the image {cluster.image}"
        yield Finding(ALL_HOSTS, "warning", SUBJECT, found, f"{AGAIN}, which builds it.")
        return
    for name in absent:
        found = f"does not have the image {cluster.image}, and others have it"
        yield Finding(name, "error", SUBJECT, found, f"{AGAIN}, which brings it.")
    yield from _others(by_identity, cluster.image)
    for host in hosts:
        yield from _older(host, cluster)


def holders(hosts: Sequence[Host], name: str) -> dict[str, list[str]]:
    """The names of the hosts that have an image, by its identity, in the order of the hosts."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        for image in host.images.get("images") or ():
            if name in image["names"]:
                found.setdefault(image["identity"]["fingerprint"], []).append(host.name)
    return found


def _others(by_identity: Mapping[str, Sequence[str]], image: str) -> Iterator[Finding]:
    """The hosts with another image than most; of as many, than the first host."""
    if len(by_identity) < 2:
        return
    usual = max(by_identity.values(), key=len)
    for names in by_identity.values():
        for name in names if names is not usual else ():
            found = f"its image {image} is another one than that of {folded(usual)}, under the same name"
            yield Finding(name, "error", SUBJECT, found, f"{AGAIN}, which brings the builder's to every host.")


def _older(host: Host, cluster: Cluster) -> Iterator[Finding]:
    container = host.containers.get(f"{cluster.trainer}-{host.name}")
    if not container or not container["named_image_id"] or container["image_id"] == container["named_image_id"]:
        return
    found = f"its trainer {cluster.trainer}-{host.name} runs an older image than the {container['image']} of now"
    remedy = "Run playbooks/train.yml, which starts the trainer anew, when no job runs."
    yield Finding(host.name, "warning", SUBJECT, found, remedy)
