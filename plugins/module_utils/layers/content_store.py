# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image of the containerd store: its documents and its layers are files under their digests, packed or not."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..base.errors import ClusterError
from ..base.system_error import described
from ..files.safe_open import open_regular, read_regular
from ..image.identity import identity_of_config
from ..image.observation import CONTAINERD_ROOT
from ..image.state import HeldImage
from .content import CHUNK, GZIP, is_compressed, uncompressed
from .stored import Unreadable

_CONTENT = "io.containerd.content.v1.content/blobs/sha256"
_LARGEST_DOCUMENT = 4 * 1024**2
_DEEPEST_INDEX = 4
# A smaller file is unpacked in less than a second.
_SOON_UNPACKED = 64 * 1024**2
_GZIP_MODULUS = 2**32
# Of tar files.
_BLOCK = 512


class ContentStoreImage:
    """One image in the content store of the containerd that dockerd started, or of the host's own."""

    def __init__(
        self,
        engine_root: str,
        image: HeldImage,
        estimates: Mapping[str, int] | None = None,
        containerd_root: str = CONTAINERD_ROOT,
    ) -> None:
        """``estimates`` is about how many bytes the files of each layer have, by diff IDs, as far as it is known."""
        self._identity = image.identity
        self._estimates = estimates or {}
        self._root = _content_root(image.id, (f"{engine_root}/containerd/daemon", containerd_root))
        self._sizes: dict[str, int] = {}
        try:
            found = self._find(image.id, 0)
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable(f"a manifest of {image.id} is of an unknown kind ({error})") from error
        if found is None:
            raise Unreadable(f"no manifest of {image.id} describes this image")
        self._config, self._blobs = found

    def config(self) -> bytes:
        return self._config

    def check(self, diff_id: str) -> None:
        with self._blob(diff_id):
            return

    def known_size(self, diff_id: str) -> int | None:
        if diff_id not in self._sizes:
            with self._blob(diff_id) as (first, file):
                if is_compressed(first):
                    return None
                self._sizes[diff_id] = os.fstat(file.fileno()).st_size
        return self._sizes[diff_id]

    def size(self, diff_id: str) -> int:
        if self.known_size(diff_id) is None:
            with self._blob(diff_id) as (first, file):
                claimed = self._claimed_size(diff_id, first, file)
            self._sizes[diff_id] = claimed or sum(len(chunk) for chunk in self.chunks(diff_id))
        return self._sizes[diff_id]

    def chunks(self, diff_id: str) -> Generator[bytes, None, None]:
        with self._blob(diff_id) as (first, file):
            yield from uncompressed(first, file)

    def _claimed_size(self, diff_id: str, first: bytes, file: IO[bytes]) -> int | None:
        """Return the size that a large gzip file gives at its end, None where it cannot be that of the whole layer.

        There it is modulo 4 GiB, and that of its last part where it was written in several. Where it is wrong after
        all, that shows before the layer's last byte is sent.
        """
        packed, estimate = os.fstat(file.fileno()).st_size, self._estimates.get(diff_id)
        if packed < _SOON_UNPACKED or not first.startswith(GZIP) or not estimate:
            return None
        claimed = int.from_bytes(os.pread(file.fileno(), 4, packed - 4), "little")
        claimed += max(round((estimate - claimed) / _GZIP_MODULUS), 0) * _GZIP_MODULUS
        return claimed if abs(claimed - estimate) <= estimate / 4 and not claimed % _BLOCK else None

    @contextmanager
    def _blob(self, diff_id: str) -> Iterator[tuple[bytes, IO[bytes]]]:
        """Open the layer's blob; yield its beginning, and the file that continues after it."""
        try:
            with os.fdopen(open_regular(self._root, _hex(self._blobs[diff_id])), "rb", buffering=0) as file:
                yield file.read(CHUNK) or b"", file
        except OSError as error:
            raise Unreadable(described(error).rstrip(".")) from error
        except ClusterError as error:
            raise Unreadable(error.message.rstrip(".")) from error

    def _find(self, digest: str, depth: int) -> tuple[bytes, dict[str, str]] | None:
        """Return the config, and the blobs by diff IDs, of the manifest in this index that is this image's."""
        document = self._document(digest)
        if "manifests" in document:
            inner = (one["digest"] for one in document["manifests"]) if depth < _DEEPEST_INDEX else ()
            # Those of other platforms most often are not here.
            found = (self._find(one, depth + 1) for one in inner if self._has(one))
            return next((one for one in found if one), None)
        config = self._verified(document["config"]["digest"])
        try:
            identity = identity_of_config(config)
        except ValueError:
            return None
        if identity != self._identity:
            return None
        blobs = [str(layer["digest"]) for layer in document["layers"]]
        return config, dict(zip(identity.diff_ids, blobs, strict=True))

    def _has(self, digest: str) -> bool:
        return Path(self._root, _hex(digest)).is_file()

    def _document(self, digest: str) -> Mapping[str, Any]:
        document = json.loads(self._verified(digest))
        if not isinstance(document, dict):
            raise TypeError("it is no JSON object")
        return document

    def _verified(self, digest: str) -> bytes:
        try:
            content = read_regular(self._root, _hex(digest), _LARGEST_DOCUMENT)
        except OSError as error:
            raise Unreadable(described(error).rstrip(".")) from error
        if hashlib.sha256(content).hexdigest() != _hex(digest):
            raise Unreadable(f"the blob {digest} is damaged")
        return content


def _content_root(image_id: str, roots: tuple[str, ...]) -> str:
    found = (f"{root}/{_CONTENT}" for root in roots)
    for directory in found:
        if Path(directory, _hex(image_id)).is_file():
            return directory
    raise Unreadable(f"neither {' nor '.join(roots)} has the blob {image_id}")


def _hex(digest: str) -> str:
    return digest.rpartition(":")[2]
