# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be pushed to a registry, and pulled from it, from what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from ..base.sizes import in_words
from ..image.identity import ImageIdentity
from ..image.missing import common_layers
from ..image.name import with_tag
from ..image.state import HeldImage, HostImages


@dataclass(frozen=True)
class Pushed:
    """The image on this host, its ``target`` at the registry, and the ``digest`` that the registry has there.

    ``is_tagged`` is whether the target is a name on this host too, which a push that was cut leaves.
    """

    image: HeldImage | None
    target: str = ""
    digest: str | None = None
    is_tagged: bool = False


@dataclass(frozen=True)
class Pulled:
    """The images of this host; ``is_referred`` is whether the name at the registry is one of a name here too."""

    host: HostImages
    is_referred: bool = False


def plan_push(name: str, pushed: Pushed) -> Plan:
    if pushed.image is None:
        raise PlanError(f"There is no image {name} on this host. Build, load or transfer it first.")
    steps = []
    if pushed.digest is None:
        steps.append(Step("push", {"name": pushed.target}))
    if pushed.is_tagged:
        steps.append(Step("remove_name", {"name": pushed.target}))
    after = "there" if pushed.digest is None else pushed.digest
    return Plan(tuple(steps), before={pushed.target: pushed.digest}, after={pushed.target: after})


def plan_pull(pulled: Pulled, params: Mapping[str, Any]) -> Plan:
    """The steps to the image under its name: none where it is there, and the name alone where only that is missing."""
    name, reference = with_tag(params["name"]), params["reference"]
    identity = ImageIdentity.from_dict(params["image_identity"])
    named, same = pulled.host.named(name), pulled.host.same_as(identity)
    steps = []
    if same is None:
        _refuse_small_disk(name, pulled.host, identity, params)
        steps.append(Step("pull", {"reference": reference}))
    if named is None or named.identity != identity:
        steps.append(Step("tag", {"name": name, "fingerprint": identity.fingerprint}))
    # The image is held by its own name from then on.
    if same is None or pulled.is_referred:
        steps.append(Step("remove_name", {"name": reference}))
    return Plan(
        tuple(steps),
        before={name: named.identity.fingerprint if named else None},
        after={name: identity.fingerprint},
    )


def _refuse_small_disk(name: str, host: HostImages, identity: ImageIdentity, params: Mapping[str, Any]) -> None:
    """Where a layer is here already, by the reserve alone: how large the others are is known only when they come."""
    is_new = not common_layers(host.images, identity.diff_ids)
    # The containerd store keeps a layer twice, packed and unpacked.
    needed = params["size"] * (2 if host.store == "containerd" else 1) if is_new else 0
    if host.free_bytes is not None and host.free_bytes < needed + params["disk_reserve"]:
        raise PlanError(
            f"The disk of this host is too small for {name}: {in_words(host.free_bytes)} are free at "
            f"{host.root_directory}, but it takes at least {in_words(needed)} and {in_words(params['disk_reserve'])} "
            "are to stay free (disk_reserve). Nothing was pulled. Make room there, as by docker image prune.",
            free_bytes=host.free_bytes,
            needed_bytes=needed + params["disk_reserve"],
        )
