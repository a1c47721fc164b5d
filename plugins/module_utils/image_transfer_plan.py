# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What image_transfer has to do, from what was observed at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.distrain.cluster.plugins.module_utils.byte_count import in_words
from ansible_collections.distrain.cluster.plugins.module_utils.errors import Refused
from ansible_collections.distrain.cluster.plugins.module_utils.image_identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image_name import with_tag
from ansible_collections.distrain.cluster.plugins.module_utils.image_state import HeldImage, HostImages
from ansible_collections.distrain.cluster.plugins.module_utils.plan import Plan, Step

# The engine that receives writes the archive to its disk before it unpacks it beside it; the engine that sends writes
# it once before the first byte leaves.
TARGET_COPIES = 2
SOURCE_COPIES = 1


@dataclass(frozen=True)
class End:
    """One end of a transfer: a host of the inventory and its images."""

    host: str
    images: HostImages


def plan_transfer(name: str, source: End, target: End, reserve: int) -> Plan:
    """Nothing, a name, or the image: whatever the target lacks. ``reserve`` bytes must stay free at both ends.

    A step C(send) says which layers need not be sent, by their diff IDs.
    """
    wanted = source.images.named(name)
    if wanted is None:
        raise Refused(f"There is no image {name} on {source.host}. Build or load it there first.")
    held = target.images.named(name)
    before = {"name": name, "fingerprint": held.identity.fingerprint if held else None}
    after = {"name": name, "fingerprint": wanted.identity.fingerprint}
    if source.host == target.host or (held and held.identity == wanted.identity):
        return Plan((), before=before, after=after)
    unnamed = target.images.same_as(wanted.identity)
    if unnamed:
        return Plan((Step("tag", {"id": unnamed.id, "name": with_tag(name)}),), before=before, after=after)
    left_out, shared_bytes = _layers_to_leave_out(wanted, source.images, target.images)
    size = max(wanted.size - shared_bytes, 0)
    _refuse_small_disk(name, wanted.size, target, TARGET_COPIES * size, reserve, "loading it")
    _refuse_small_disk(name, wanted.size, source, SOURCE_COPIES * wanted.size, reserve, "sending it")
    send = Step("send", {"name": with_tag(name), "left_out": left_out, "size": size})
    return Plan((send,), before=before, after=after)


def plan_transfer_of_missing(name: str, source_host: str, target_host: str) -> Plan:
    """The plan in check mode, where the image is built only by the real run."""
    send = Step("send", {"name": with_tag(name), "left_out": (), "size": 0})
    return Plan(
        () if source_host == target_host else (send,),
        before={"name": name, "fingerprint": None},
        after={"name": name, "fingerprint": "known once the image is there"},
    )


def _layers_to_leave_out(wanted: HeldImage, source: HostImages, target: HostImages) -> tuple[tuple[str, ...], int]:
    """The layers that the target's engine will not read from the archive, and a lower bound of their bytes.

    A classic store finds a layer by its chain, that is by all diff IDs up to it, so what counts is the longest common
    beginning with any image of the target. A diff ID that comes again above that beginning has to be sent.
    """
    if source.store != "classic" or target.store != "classic":
        return (), 0
    diff_ids = wanted.identity.diff_ids
    shared = max((_common(diff_ids, image.identity.diff_ids) for image in target.images), default=0)
    needed = set(diff_ids[shared:])
    whole = [image.size for image in target.images if _is_beginning(image.identity.diff_ids, diff_ids)]
    return tuple(dict.fromkeys(one for one in diff_ids[:shared] if one not in needed)), max(whole, default=0)


def _common(some: Sequence[str], others: Sequence[str]) -> int:
    count = 0
    for one, other in zip(some, others, strict=False):
        if one != other:
            break
        count += 1
    return count


def _is_beginning(some: Sequence[str], whole: Sequence[str]) -> bool:
    return len(some) <= len(whole) and _common(some, whole) == len(some)


def _refuse_small_disk(name: str, size: int, end: End, needed: int, reserve: int, purpose: str) -> None:
    free = end.images.free_bytes
    if free is None or free >= needed + reserve:
        return
    raise Refused(
        f"The disk of {end.host} is too small for {name}: {in_words(free)} are free at {end.images.root_directory}, "
        f"but {purpose} takes {in_words(needed)} (the image has {in_words(size)}) and {in_words(reserve)} are to "
        "stay free (disk_reserve). Nothing was sent. Make room there, for example with docker image prune.",
        free_bytes=free,
        needed_bytes=needed + reserve,
    )


def identity_of(name: str, end: End) -> ImageIdentity | None:
    image = end.images.named(name)
    return image.identity if image else None
