# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kind of item "image": an item is a layer, known by its place in the image."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..base.errors import ClusterError
from ..engine.socket import EngineSocket
from ..image.observation import observe_images
from ..image.prefix import WantedImage, wanted_image
from ..image.state import HeldImage
from ..relay.agent import serve_kind
from ..relay.parts import WINDOW_BYTES
from ..relay.unfinished import UnfinishedItems
from ..swarm.addresses import relay_addresses
from .directory import SpoolDirectory, owned_spool
from .holding import clean_leftovers, has_leftovers, held_layers, take_lock
from .sink import ImageSink
from .source import LayerSource
from .spool import ImageSpool, layer_sizes
from .stored import StoredImage, Unreadable
from .stores import stored_image

Emit = Callable[[dict[str, Any]], None]
# The config of an image is small, and is read by the source together with the layers.
_CONFIG_SECONDS = 3600.0


class RunEngine(EngineSocket):
    """The engine for as long as a run: its description (store, directory, swarm) is read once.

    The engine starts two programs for it, and it is needed at every step. The free space on its disk is not part of it.
    """

    def __init__(self, docker_host: str, timeout: float) -> None:
        super().__init__(docker_host, timeout)
        self._info: dict[str, Any] | None = None

    def info(self) -> dict[str, Any]:
        if self._info is None:
            self._info = super().info()
        return self._info


class ImageKind:
    """The engine of this host, as the source or the destination of layers."""

    window_bytes = WINDOW_BYTES

    def __init__(self, arguments: Mapping[str, Any], emit: Emit) -> None:
        self._name: str = arguments["name"]
        self._engine = RunEngine(arguments["docker_host"], arguments["engine_timeout"])
        self._spool_directory = SpoolDirectory(arguments["spool_directory"], arguments["spool_limit"])
        self._unfinished = UnfinishedItems(owned_spool(arguments["spool_directory"]))
        self._emit = emit
        self._stored: dict[str, StoredImage] = {}
        self._source: LayerSource | None = None
        self._sink: LayerSink | None = None
        # Either may come first: the config from the source, or the sink that waits for it.
        self._config: Mapping[str, Any] | None = None
        self._config_or_sink = threading.Lock()

    def observe(self) -> dict[str, Any]:
        """Return the images of this host, and of the named one what a receiving host needs."""
        self._spool_directory.check()
        images = observe_images(self._engine)
        held = images.named(self._name)
        return {
            "images": images.to_dict(),
            "addresses": relay_addresses(self._engine.info()),
            "wanted": self._describe(held).to_dict() if held else None,
            "layer_sizes": layer_sizes(self._engine, held.id, len(held.identity.diff_ids)) if held else (),
            "spool": self._spool_directory.describe(),
            "leftovers": (has_leftovers(images) or self._spool_directory.has_leftovers() or self._unfinished.is_any()),
        }

    def clean_up(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Remove what dead runs have left on a host that receives nothing in this one."""
        if self._spool_directory.has_leftovers():
            self._spool_directory.prepare()
        self._unfinished.clear()
        return {"removed": clean_leftovers(self._engine)}

    def measure(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the size of each layer, lowest first; None where it must be unpacked for that."""
        images = observe_images(self._engine)
        held = images.named(self._name)
        return {"sizes": self._sizes_of(held) if held else []}

    def compare(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many of the lowest layers need not be sent; remove what dead runs have left."""
        wanted = WantedImage.from_dict(arguments["wanted"])
        # What a run that is ending still loads counts as well.
        take_lock(wanted).give_back()
        if self._spool_directory.has_leftovers():
            self._spool_directory.prepare()
        removed = clean_leftovers(self._engine, keep=[wanted.repository])
        images = observe_images(self._engine)
        return {
            "held_layers": held_layers(self._engine, wanted, images),
            "images": images.to_dict(),
            "removed": removed,
        }

    def name(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Give an image of this host its name."""
        self._engine.tag(arguments["image_id"], self._name)
        return {}

    def source(self, arguments: Mapping[str, Any]) -> LayerSource:
        images = observe_images(self._engine)
        held = images.named(self._name)
        if held is None or held.identity.fingerprint != arguments["fingerprint"]:
            raise ClusterError(f"The image {self._name} has changed since it was observed. Run it again.")
        source = self._source = LayerSource(
            lambda: self._stored_image(held),
            ImageSpool(self._engine, self._spool_directory, self._name, held, images.store),
            self._spool_directory,
            held,
            lambda text: self._emit({"event": "message", "text": text}),
        )
        source.start(arguments["diff_ids"])
        threading.Thread(target=self._announce_config, args=(source,), daemon=True).start()
        return source

    def sink(self, arguments: Mapping[str, Any]) -> LayerSink:
        wanted = WantedImage.from_dict(arguments["wanted"])
        sink = LayerSink(ImageSink(self._engine, wanted), len(wanted.identity.diff_ids))
        with self._config_or_sink:
            self._sink = sink
            if self._config is not None:
                sink.set_config(self._config)
        sink.start(arguments["first"], arguments["largest"])
        return sink

    def unfinished(self) -> UnfinishedItems:
        return self._unfinished

    def take_config(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Take the config of the image, which the source could read only now, or the problem that prevents it."""
        with self._config_or_sink:
            self._config = arguments
            if self._sink:
                self._sink.set_config(arguments)
        return {}

    def settle_spool(self, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Close the spool after the last byte, and return what it keeps."""
        if self._source:
            self._source.close()
            self._source = None
        return self._spool_directory.describe()

    def close(self) -> None:
        if self._sink:
            self._sink.close()
        if self._source:
            self._source.close()

    def _describe(self, held: HeldImage) -> WantedImage:
        sizes = [self._spool_directory.size_of(diff_id) for diff_id in held.identity.diff_ids]
        return wanted_image(self._name, held.identity, self._engine.image(held.id) or {}, sizes)

    def _sizes_of(self, held: HeldImage) -> list[int | None]:
        sizes = [self._spool_directory.size_of(diff_id) for diff_id in held.identity.diff_ids]
        try:
            stored = self._stored_image(held)
            return [size or stored.known_size(held.identity.diff_ids[place]) for place, size in enumerate(sizes)]
        except Unreadable:
            return sizes

    def _stored_image(self, held: HeldImage) -> StoredImage:
        """Return the image where the engine keeps it, with the sizes that were found; raise Unreadable."""
        if held.id not in self._stored:
            sizes = layer_sizes(self._engine, held.id, len(held.identity.diff_ids))
            self._stored[held.id] = stored_image(self._engine.info(), held, sizes)
        return self._stored[held.id]

    def _announce_config(self, source: LayerSource) -> None:
        try:
            config = {"config": base64.b64encode(source.wait_for_config()).decode()}
        except ClusterError as error:
            # A host that waits for a layer gets the same error from the host before it; some wait for the config alone.
            config = {"problem": error.message}
        self._emit({"event": "config", "arguments": config})


class LayerSink:
    """A sink that ends the last layer only when the image's config was received."""

    def __init__(self, sink: ImageSink, layers: int) -> None:
        self._sink = sink
        self._last = layers - 1
        self._layer = -1
        self._has_config = threading.Event()
        self._problem: str | None = None
        self.write = sink.write
        self.abort = sink.abort
        self.close = sink.close

    def start(self, first: int, largest: int) -> None:
        self._sink.start(first, largest)

    def set_config(self, config: Mapping[str, Any]) -> None:
        """Take the config or the problem."""
        self._problem = config.get("problem")
        if self._problem is None:
            self._sink.set_config(base64.b64decode(config["config"]))
        self._has_config.set()

    def begin(self, item: int, size: int) -> None:
        self._layer = item
        self._sink.begin(item, size)

    def end(self) -> None:
        if self._layer == self._last:
            self._wait_for_config()
        self._sink.end()

    def finish(self) -> None:
        self._wait_for_config()
        self._sink.finish()

    def _wait_for_config(self) -> None:
        if not self._has_config.wait(_CONFIG_SECONDS):
            raise ClusterError("The config of the image did not come. Run it again.")
        if self._problem is not None:
            raise ClusterError(self._problem)


def main() -> None:
    serve_kind(ImageKind)
