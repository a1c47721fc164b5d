# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of an image an engine already has, by the names of prefix images, and what dead runs left of those."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Collection
from pathlib import Path

from ..base.errors import ClusterError, EngineError
from ..engine.socket import EngineSocket
from ..image.missing import common_layers
from ..image.prefix import REPOSITORY, WantedImage, closing, prefix_config
from ..image.state import HostImages

LOCK_DIRECTORY = "/run/distrain"
# Longer than an agent takes to end.
LOCK_SECONDS = 75.0


class RunLock:
    """The lock of the one program that works on an image of this host; it ends with that program."""

    def __init__(self, repository: str, directory: str = LOCK_DIRECTORY) -> None:
        self._path = Path(directory) / f"{repository.rpartition('/')[2]}.lock"
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take the lock; return whether it was free."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = os.fstat(descriptor).st_nlink > 0
        except BlockingIOError:
            is_ours = False
        if is_ours:
            self._descriptor = descriptor
        else:
            os.close(descriptor)
        return is_ours

    def give_back(self) -> None:
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def held_layers(engine: EngineSocket, wanted: WantedImage, images: HostImages) -> int:
    """Return how many of the lowest layers need not be sent to this host, because its engine has all that they need.

    The classic store takes a layer that any image has. The containerd store unpacks no layer twice either, yet an image
    is whole only with the very blobs that it names, and another image may hold the same layers compressed; so there
    it is tried, with an archive that carries none of them. Nothing of the trial stays.
    """
    common = common_layers(images.images, wanted.identity.diff_ids)
    if images.store == "classic":
        return common
    before = set(engine.image_names())
    lowest, highest = 0, min(common, _known_sizes(wanted))
    tried = highest
    while lowest < highest:
        if holds(engine, wanted, tried, images.store):
            lowest = tried
        else:
            highest = tried - 1
        if wanted.prefix_name(tried) not in before:
            engine.remove(wanted.prefix_name(tried))
        tried = (lowest + highest + 1) // 2
    return lowest


def holds(engine: EngineSocket, wanted: WantedImage, layers: int, store: str) -> bool:
    """Name the prefix image of this many layers without sending any; return whether the engine had all of it.

    Where it had not, the name does not exist afterwards.
    """
    name = wanted.prefix_name(layers)
    sizes = [size or 0 for size in wanted.sizes[:layers]]
    end = closing(name, prefix_config(wanted, layers), wanted.identity.diff_ids[:layers], sizes)
    request = engine.load(sum(sizes))
    try:
        request.write(end.content)
        request.end()
        request.answer()
        is_whole = store == "classic" or engine.lists_whole(name)
    except EngineError:
        is_whole = False
    finally:
        request.abort()
    if not is_whole:
        engine.remove(name)
    return is_whole


def has_leftovers(images: HostImages, lock_directory: str = LOCK_DIRECTORY) -> bool:
    """Return whether there is anything for C(clean_leftovers) to check: left by a dead run, or of a running one."""
    names = (name for image in images.images for name in image.names)
    return any(name.startswith(f"{REPOSITORY}/") for name in names) or any(Path(lock_directory).glob("*.lock"))


def clean_leftovers(
    engine: EngineSocket, keep: Collection[str] = (), lock_directory: str = LOCK_DIRECTORY
) -> list[str]:
    """Remove the prefix names that dead runs left, and return them.

    Of the repositories in ``keep`` (C(WantedImage.repository)) the name with the most layers stays, since a run resumes
    from it. What a program that lives works on is left alone.
    """
    found: dict[str, list[str]] = {}
    for name in engine.image_names():
        if name.startswith(f"{REPOSITORY}/"):
            found.setdefault(name.rpartition(":")[0], []).append(name)
    removed = []
    for repository, names in found.items():
        names.sort(key=lambda name: int(name.rpartition(":")[2]))
        going = names[:-1] if repository in keep else names
        lock = RunLock(repository, lock_directory)
        if going and lock.take():
            try:
                for name in going:
                    engine.remove(name)
                removed += going
            finally:
                lock.give_back()
    _remove_dead_locks(lock_directory)
    return sorted(removed)


def _remove_dead_locks(directory: str) -> None:
    for path in Path(directory).glob("*.lock"):
        lock = RunLock(path.stem, directory)
        if lock.take():
            lock.give_back()


def _known_sizes(wanted: WantedImage) -> int:
    """Return how many of the lowest layers have a known size, which a whole image must name."""
    sizes = list(wanted.sizes)
    return sizes.index(None) if None in sizes else len(sizes)


def take_lock(wanted: WantedImage, directory: str = LOCK_DIRECTORY) -> RunLock:
    """Wait for the lock: a program whose controller has gone still loads what it has received whole."""
    lock = RunLock(wanted.repository, directory)
    until = time.monotonic() + LOCK_SECONDS
    while not lock.take():
        if time.monotonic() > until:
            raise ClusterError(
                f"Another delivery of {wanted.name} to this host is under way. Wait for its end, or stop it."
            )
        time.sleep(0.2)
    return lock
