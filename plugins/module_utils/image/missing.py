# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which layers of an image each host still needs, in which order hosts forward them, and where room lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..base.errors import PlanError
from ..base.sizes import in_words
from .identity import ImageIdentity
from .name import with_tag
from .state import HeldImage, HostImages


@dataclass(frozen=True)
class ImageSource:
    """The host that has the image; ``sizes`` are those of its layers, empty where they are not known."""

    host: str
    images: HostImages
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class ImageTarget:
    """A host that should have the image; ``held_layers`` need not be sent, None where it was not tried."""

    host: str
    images: HostImages
    held_layers: int | None = None


@dataclass(frozen=True)
class Delivery:
    """What one host gets: C(nothing), a C(name) for an image that it has, or to C(send) layers from C(first) on.

    C(refused) is a host whose disk is too small; ``problem`` says so with figures.
    """

    host: str
    action: str
    first: int = 0
    image_id: str = ""
    size: int = 0
    needed_bytes: int = 0
    problem: str = ""


@dataclass(frozen=True)
class DeliveryPlan:
    """The deliveries in the order of the inventory; ``chain`` are the hosts to send to, each handing on to the next."""

    name: str
    identity: ImageIdentity
    deliveries: tuple[Delivery, ...]
    chain: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return any(one.action != "nothing" for one in self.deliveries)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(one.problem for one in self.deliveries if one.problem)

    @property
    def first(self) -> int:
        """The lowest layer that any host needs; as many as there are where none does."""
        return min((one.first for one in self.deliveries if one.action == "send"), default=len(self.identity.diff_ids))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The diff IDs that have to be at the source, lowest first, each once."""
        return tuple(dict.fromkeys(self.identity.diff_ids[self.first :]))


def plan_delivery(name: str, source: ImageSource, targets: Sequence[ImageTarget], reserve: int) -> DeliveryPlan:
    """Return what each host gets; raise PlanError where the source lacks the image.

    Hosts that need the most come first in the chain, the others in the order in which they were given: so each needs
    no layer that its predecessor does not get.
    """
    image = source.images.named(name)
    if image is None:
        raise PlanError(f"There is no image {name} on {source.host}. Build or load it there first.")
    deliveries = tuple(_delivery(with_tag(name), image, source, target, reserve) for target in targets)
    receiving = sorted((one for one in deliveries if one.action == "send"), key=lambda one: one.first)
    return DeliveryPlan(with_tag(name), image.identity, deliveries, tuple(one.host for one in receiving))


def common_layers(images: Iterable[HeldImage], diff_ids: Sequence[str]) -> int:
    """How many of the lowest layers some image of the host has."""
    return max((_common(diff_ids, image.identity.diff_ids) for image in images), default=0)


def _delivery(name: str, image: HeldImage, source: ImageSource, target: ImageTarget, reserve: int) -> Delivery:
    held = target.images.named(name)
    if source.host == target.host or (held and held.identity == image.identity):
        return Delivery(target.host, "nothing")
    same = target.images.same_as(image.identity)
    if same:
        return Delivery(target.host, "name", image_id=same.id)
    first = _held_layers(image, target)
    size, largest = _bytes_from(first, image, source)
    # The containerd store keeps a layer twice, packed and unpacked; the classic store packed for as long as it unpacks.
    needed = 2 * size if target.images.store == "containerd" else size + largest
    problem = _small_disk(name, target, size, needed, reserve)
    return Delivery(
        target.host,
        "refused" if problem else "send",
        first=first,
        size=size,
        needed_bytes=needed + reserve,
        problem=problem,
    )


def _held_layers(image: HeldImage, target: ImageTarget) -> int:
    """The containerd store may hold a layer and yet need it again, so there only what was tried counts."""
    if target.held_layers is not None:
        return target.held_layers
    if target.images.store == "classic":
        return common_layers(target.images.images, image.identity.diff_ids)
    return 0


def _bytes_from(first: int, image: HeldImage, source: ImageSource) -> tuple[int, int]:
    """The bytes of all layers from there on, and of the largest of them; at most the image's where none is known."""
    if first >= len(image.identity.diff_ids):
        return 0, 0
    if len(source.sizes) != len(image.identity.diff_ids):
        return image.size, image.size
    missing = source.sizes[first:]
    return sum(missing), max(missing)


def _small_disk(name: str, target: ImageTarget, size: int, needed: int, reserve: int) -> str:
    free = target.images.free_bytes
    if free is None or free >= needed + reserve:
        return ""
    return (
        f"The disk of {target.host} is too small for {name}: {in_words(free)} are free at "
        f"{target.images.root_directory}, but loading it takes {in_words(needed)} (the missing layers have "
        f"{in_words(size)}) and {in_words(reserve)} are to stay free (disk_reserve). Nothing was sent. Make room "
        "there, for example with docker image prune."
    )


def _common(some: Sequence[str], others: Sequence[str]) -> int:
    count = 0
    for index in range(min(len(some), len(others))):
        if some[index] != others[index]:
            break
        count += 1
    return count
