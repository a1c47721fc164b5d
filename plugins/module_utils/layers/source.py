# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The layers of an image as a relay sends them: read where the engine keeps them, with nothing written for it.

At the first layer that cannot be read there, or is not what it should be, the engine itself saves what is left into the
spool. Either way the last byte of a layer is given out only once its digest was found right.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from typing import IO, Any, cast

from ..base.errors import ClusterError, unexpected
from ..base.system_error import described
from ..image.identity import is_config_of
from ..image.state import HeldImage
from ..relay.server import Damaged
from .directory import SpoolDirectory
from .read_ahead import ReadAhead, Wrong
from .spool import ImageSpool
from .stored import StoredImage, Unreadable

_CHUNK = 1024**2


class LayerSource:
    """C(start) first, C(close) in any case. ``find`` is where the engine keeps the image; it raises Unreadable."""

    def __init__(
        self,
        find: Callable[[], StoredImage],
        spool: ImageSpool,
        directory: SpoolDirectory,
        image: HeldImage,
        show: Callable[[str], None],
    ) -> None:
        self._find = find
        self._spool = spool
        self._directory = directory
        self._image = image
        self._show = show
        self._stored: StoredImage | None = None
        self._config: bytes | None = None
        self._wanted: list[str] = []
        self._changed = threading.Condition()
        self._sizes: dict[str, int] = {}
        self._packed: set[str] = set()
        self._sound: set[str] = set()
        self._spooled: set[str] = set()
        self._failure: ClusterError | None = None
        self._is_closed = False

    def start(self, wanted: Sequence[str]) -> None:
        """Get ready to send the layers of these diff IDs; raise ClusterError where the disk is too small for that."""
        self._wanted = list(dict.fromkeys(wanted))
        try:
            self._stored = self._found()
        except Unreadable as error:
            self._take_over(self._wanted, f"the layers are not read from the engine's own files, since {error}")
        else:
            threading.Thread(target=self._measure, args=(self._stored,), name="measure", daemon=True).start()
        self._raise_failure()

    def open_item(self, item: int, timeout: float) -> tuple[int, IO[bytes]] | None:
        diff_id = self._image.identity.diff_ids[item]
        with self._changed:
            self._changed.wait_for(lambda: diff_id in self._sizes or diff_id in self._spooled, timeout)
            self._raise_failure()
            size, is_spooled = self._sizes.get(diff_id), diff_id in self._spooled
        if is_spooled:
            return self._open_spooled(diff_id, timeout)
        if size is None or self._stored is None:
            return None
        file = ReadAhead(self._stored.chunks(diff_id), size, diff_id, lambda error: self._judge(diff_id, error))
        return size, cast(IO[bytes], file)

    def wait_for_config(self) -> bytes:
        """Wait for and return the bytes of the image's config."""
        return self._spool.wait_for_config() if self._config is None else self._config

    def close(self) -> None:
        self._is_closed = True
        measured = {diff_id: self._sizes[diff_id] for diff_id in self._packed & self._sound}
        if measured:
            # The next run need not unpack them for that.
            self._directory.remember(measured, {})
        self._spool.close()

    def _found(self) -> StoredImage:
        stored = self._find()
        config = stored.config()
        if not is_config_of(config, self._image.identity):
            raise Unreadable("the config there is another one")
        for diff_id in self._wanted:
            try:
                stored.check(diff_id)
            except Unreadable as error:
                raise Unreadable(f"layer {diff_id} cannot be read: {error}") from error
        self._config = config
        return stored

    def _measure(self, stored: StoredImage) -> None:
        """Find the size of each layer, in the order in which they are sent."""
        for diff_id in self._wanted:
            if self._is_closed or diff_id in self._spooled:
                return
            try:
                size = stored.known_size(diff_id) or self._directory.size_of(diff_id)
                if size is None:
                    self._packed.add(diff_id)
                    size = stored.size(diff_id)
            except Exception as error:
                self._give_up(diff_id, error)
                return
            with self._changed:
                self._sizes[diff_id] = size
                self._changed.notify_all()

    def _judge(self, diff_id: str, error: Exception | None) -> None:
        if error is None:
            self._sound.add(diff_id)
            return
        self._give_up(diff_id, error)
        raise Damaged

    def _give_up(self, diff_id: str, error: Exception) -> None:
        """Let the engine save this layer and all that was not sent yet."""
        why = str(error) if isinstance(error, (Unreadable, Wrong)) else unexpected(error).message
        rest = [one for one in self._wanted if one == diff_id or one not in self._sound]
        self._take_over(rest, f"layer {diff_id} is not read from the engine's own files any more, since {why}")

    def _take_over(self, diff_ids: Sequence[str], why: str) -> None:
        with self._changed:
            new = [one for one in diff_ids if one not in self._spooled]
            if new:
                self._show(f"{why}; the engine saves what is to be sent into the spool")
                try:
                    self._spool.start(new, self._image.identity.diff_ids)
                except Exception as error:
                    self._failure = error if isinstance(error, ClusterError) else unexpected(error)
                self._spooled |= set(new)
                self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failure:
            raise self._failure

    def _open_spooled(self, diff_id: str, timeout: float) -> tuple[int, IO[bytes]] | None:
        opened = self._spool.open(diff_id, timeout)
        if opened is None:
            return None
        size, file = opened
        if self._spool.is_unchecked(diff_id):
            checked = ReadAhead(_chunks(file), size, diff_id, lambda error: self._judge_spooled(diff_id, error))
            file = cast(IO[bytes], checked)
        return size, cast(IO[bytes], NamedFile(file, f"The layer {diff_id} in the spool of the host that sends"))

    def _judge_spooled(self, diff_id: str, error: Exception | None) -> None:
        if error is None:
            self._spool.mark_sound(diff_id)
        elif isinstance(error, Wrong):
            if self._spool.save_again(diff_id):
                self._show(f"the spool's copy of layer {diff_id} was damaged; saving it again")
            raise Damaged


class NamedFile:
    """As much of a file as a relay uses; an error of the system is raised with its name."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def __enter__(self) -> NamedFile:
        self._file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._file.__exit__(*error)

    def seek(self, offset: int) -> None:
        self._file.seek(offset)

    def read(self, size: int) -> bytes | None:
        try:
            return self._file.read(size)
        except OSError as error:
            raise ClusterError(f"{self._name} could not be read: {described(error)}") from error


def _chunks(file: IO[bytes]) -> Generator[bytes, None, None]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
