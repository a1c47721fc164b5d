# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load an image into this host's engine layer by layer, while the layers are received.

A layer goes straight into a load of the prefix image that it is the top of. What makes that archive an image is held
back until the layer was found right, so the engine acts on nothing unchecked; and what came whole stays there under the
prefix image's name, for the next run to go on from. The wanted name is given at the very end, to an image that was
found to be the wanted one: until then it means what it meant before.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NoReturn

from ..base.errors import ClusterError, EngineError
from ..base.sizes import in_words
from ..engine.socket import EngineSocket, LoadRequest
from ..engine.stream import is_full_disk
from ..image.identity import identity_of_config, identity_of_inspected
from ..image.observation import store_of, tightest_directory
from ..image.prefix import Closing, WantedImage, closing, layer_header, new_layer_path, padding, prefix_config
from ..image.state import HeldImage
from .holding import LOCK_DIRECTORY, RunLock, holds, take_lock

# The engine stages a layer on its disk before it unpacks it. The next one may come meanwhile where both together do
# not take more than the largest one alone, and this much.
_TEMPORARY_SHARE = 1.1


class _Load:
    """One layer on its way into the engine."""

    def __init__(self, request: LoadRequest, index: int, size: int) -> None:
        self.request = request
        self.index = index
        self.size = size
        self.received = 0
        self.path = new_layer_path()


class ImageSink:
    """Takes the layers from C(first) on, in order: C(begin), C(write) ..., C(end) or C(abort); then C(finish).

    C(close) in any case. Every verb raises ClusterError where the engine fails, and the image is over then.
    """

    def __init__(self, engine: EngineSocket, wanted: WantedImage, lock_directory: str = LOCK_DIRECTORY) -> None:
        self._engine = engine
        self._wanted = wanted
        self._diff_ids = wanted.identity.diff_ids
        self._sizes = [size or 0 for size in wanted.sizes] or [0] * len(self._diff_ids)
        self._lock_directory = lock_directory
        self._lock: RunLock | None = None
        self._info: dict[str, Any] = {}
        self._store = ""
        self._config: bytes | None = None
        self._closing: Closing | None = None
        self._largest = 0
        self._next = 0
        self._current: _Load | None = None
        self._pending: _Load | None = None
        self.loaded = 0
        self.is_complete = False

    def start(self, first: int, largest: int = 0) -> None:
        """Keep the lowest ``first`` layers, which the engine has; the largest to come has ``largest`` bytes."""
        self._lock = take_lock(self._wanted, self._lock_directory)
        self._info = self._engine.info()
        self._store = store_of(self._info)
        self._largest = largest
        # The containerd store takes no prefix image that has all layers: the last one comes with the real config.
        kept = min(first, len(self._diff_ids) - 1)
        if kept > 0 and not holds(self._engine, self._wanted, kept, self._store):
            raise ClusterError(
                f"The lowest {kept} layers of {self._wanted.name} have gone from this host's engine. Run it again."
            )
        self._next = self.loaded = first

    def set_config(self, config: bytes) -> None:
        """Set the bytes of the wanted image's config, which must be known before the last layer ends."""
        wanted = self._wanted.identity
        try:
            identity = identity_of_config(config)
        except ValueError as error:
            raise ClusterError(f"The config that came for {self._wanted.name} cannot be read: {error}.") from error
        if identity != wanted or wanted.config_digest not in (None, identity.config_digest):
            raise ClusterError(
                f"The config that came for {self._wanted.name} is not that of its image: it has the digest "
                f"{identity.config_digest}. Was it built again meanwhile? Run it again."
            )
        self._config = config

    def begin(self, index: int, size: int) -> None:
        """Begin the layer of this index, of this many uncompressed bytes."""
        if index != self._next or self._current:
            raise ClusterError(f"Layer {index} came instead of layer {self._next}.")
        if self._pending and self._pending.size + size > _TEMPORARY_SHARE * self._largest:
            self._settle()
        self._sizes[index] = size
        try:
            self._current = _Load(self._engine.load(size), index, size)
            self._current.request.write(layer_header(self._current.path, size))
        except EngineError as error:
            self._fail(error, self._next + 1)

    def write(self, chunk: bytes | memoryview) -> None:
        load = self._layer()
        load.received += len(chunk)
        if load.received > load.size:
            self.abort()
            raise ClusterError(f"Layer {load.index} is longer than the {load.size} bytes that were announced.")
        if self._pending and self._pending.request.has_answered():
            self._settle()
        try:
            if load.request.has_answered():
                load.request.answer()
                raise EngineError("The engine took no more of the archive.")
            load.request.write(chunk)
        except EngineError as error:
            self._fail(error, self._next + 1)

    def end(self) -> None:
        """End the layer, which was found correct. Whether the engine accepts it shows later, in any verb."""
        load = self._layer()
        if load.received != load.size:
            self.abort()
            raise ClusterError(f"Layer {load.index} has {load.received} of the {load.size} bytes that were announced.")
        self._settle()
        try:
            load.request.write(padding(load.size) + self._close_archive(load.index + 1, load.path).content)
            load.request.end()
        except EngineError as error:
            self._fail(error, self._next + 1)
        self._current, self._pending = None, load
        self._next += 1

    def abort(self) -> None:
        """Discard the current layer; the engine keeps nothing of it. C(begin) may begin it again."""
        if self._current:
            self._current.request.abort()
            self._current = None

    def finish(self) -> HeldImage:
        """Verify the image, give it its name, and remove the prefix images."""
        if self._next != len(self._diff_ids) or self._current:
            raise ClusterError(f"Only {self._next} of the {len(self._diff_ids)} layers have come.")
        self._settle()
        if self._closing is None:
            self._load_config()
        image = self._verified()
        self._engine.tag(self._wanted.prefix_name(len(self._diff_ids)), self._wanted.name)
        self.is_complete = True
        self._remove_prefixes()
        return image

    def close(self) -> None:
        """Leave no request and no lock behind; layers received whole stay unless the image is complete.

        A layer that was ended is waited for, so that the next run finds it.
        """
        self.abort()
        try:
            self._settle()
        finally:
            if self._lock:
                self._lock.give_back()
                self._lock = None

    def _layer(self) -> _Load:
        if self._current is None:
            raise ClusterError("A piece of a layer came before its beginning.")
        return self._current

    def _close_archive(self, layers: int, carried: str | None = None) -> Closing:
        """The end of the archive of the prefix image of this many layers; with all of them, of the image itself."""
        name, is_whole = self._wanted.prefix_name(layers), layers == len(self._diff_ids)
        if is_whole and self._config is None:
            raise ClusterError(f"The config of {self._wanted.name} did not come.")
        config = self._config if is_whole and self._config else prefix_config(self._wanted, layers)
        end = closing(name, config, self._diff_ids[:layers], self._sizes[:layers], carried)
        if is_whole:
            self._closing = end
        return end

    def _load_config(self) -> None:
        """Load the image itself where the engine had all of its layers."""
        load = _Load(self._engine.load(sum(self._sizes)), len(self._diff_ids) - 1, 0)
        try:
            load.request.write(self._close_archive(len(self._diff_ids)).content)
            load.request.end()
        except EngineError as error:
            self._fail(error, len(self._diff_ids))
        self._pending = load
        self._settle()

    def _settle(self) -> None:
        """Wait until the engine has taken the layer that ended last, and let the prefix image below it go."""
        load, self._pending = self._pending, None
        if load is None:
            return
        layers = load.index + 1
        name = self._wanted.prefix_name(layers)
        try:
            load.request.answer()
            if self._store == "containerd" and not self._engine.lists_whole(name):
                raise EngineError("The engine took the archive, yet its image lacks content.")
        except EngineError as error:
            self._drop(name)
            self._fail(error, layers)
        self.loaded = layers
        if layers > 1:
            self._drop(self._wanted.prefix_name(layers - 1))

    def _verified(self) -> HeldImage:
        name = self._wanted.prefix_name(len(self._diff_ids))
        inspected = self._engine.image(name)
        expected = self._closing.config_digest if self._store == "classic" else self._closing.manifest_digest  # type: ignore[union-attr]
        identity = identity_of_inspected(inspected, self._store) if inspected else None
        if not inspected or identity != self._wanted.identity or inspected["Id"] != expected:
            self._drop(name)
            raise ClusterError(
                f"{self._wanted.name} came, yet the engine has {inspected['Id'] if inspected else 'no image'} instead "
                f"of {expected}. It got no name."
            )
        return HeldImage(inspected["Id"], (self._wanted.name,), inspected.get("Size", 0), identity)

    def _fail(self, error: EngineError, layer: int) -> NoReturn:
        """Raise; on a full disk, with figures, and with the engine as it was before this image began to come."""
        self.abort()
        with suppress(ClusterError):
            self._settle()
        if not is_full_disk(error.message):
            raise error
        self._remove_prefixes()
        (root, free), size = tightest_directory(self._info), sum(self._sizes)
        raise ClusterError(
            f"The disk of this host became full: {in_words(free or 0)} are free at {root}, now that what had come of "
            f"{self._wanted.name} was removed again; it came to layer {layer} of {len(self._diff_ids)}, and "
            f"those known so far have {in_words(size)}. Make room there, for example with docker image prune. "
            f"The engine reports: {error.message}",
            free_bytes=free,
            needed_bytes=size,
        ) from error

    def _remove_prefixes(self) -> None:
        """Remove the prefix images, also those that the containerd store does not list because they lack content."""
        for layers in range(1, len(self._diff_ids) + 1):
            self._drop(self._wanted.prefix_name(layers))

    def _drop(self, name: str) -> None:
        # What cannot be removed now is a leftover that the next run removes.
        with suppress(ClusterError):
            self._engine.remove(name)
