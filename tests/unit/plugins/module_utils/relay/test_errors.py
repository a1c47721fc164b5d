# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An error of the operating system names its subject and the remedy."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.system_error import described
from ansible_collections.distrain.cluster.plugins.module_utils.layers.source import NamedFile
from ansible_collections.distrain.cluster.plugins.module_utils.relay import server as relay_server
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import Piece, Request
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.listener import listener_on
from ansible_collections.distrain.cluster.plugins.module_utils.relay.server import RelayServer, SourceProvider
from ansible_collections.distrain.cluster.plugins.module_utils.relay.window import Window
from ansible_collections.distrain.cluster.plugins.module_utils.tree import memory as tree_memory
from ansible_collections.distrain.cluster.plugins.module_utils.tree import reader as tree_reader
from ansible_collections.distrain.cluster.plugins.module_utils.tree import source as tree_source
from ansible_collections.distrain.cluster.plugins.module_utils.tree.agent import TreeKind
from ansible_collections.distrain.cluster.tests.unit.support.tree_hosts import tree_kind


def failing(code: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TreeKind:
    monkeypatch.setattr(tree_memory.DigestMemory.__init__, "__defaults__", (str(tmp_path / "memory"),))
    (tmp_path / "source").mkdir()
    (tmp_path / "source/f").write_text("content")
    return tree_kind(tmp_path / "source", True, writes=False)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.EIO, r"Input/output error\. .*kernel's log there \(dmesg\)"),
        (errno.ESTALE, "mount the file system there again"),
        (errno.EMFILE, "Raise the limit of open files there"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_host(
    source: TreeKind, monkeypatch: pytest.MonkeyPatch, code: int, advice: str
) -> None:
    monkeypatch.setattr(tree_reader.os, "pread", failing(code))
    with pytest.raises(ClusterError, match=rf"^f in .*/source of gpu-01 could not be read: .*{advice}"):
        source.observe()


def test_so_is_one_that_breaks_while_it_is_sent(source: TreeKind, monkeypatch: pytest.MonkeyPatch) -> None:
    source.observe()
    pieces = SourceProvider(source.source({})).pieces(Request(ItemRanges([0]), 0))
    monkeypatch.setattr(tree_source.os, "pread", failing(errno.EIO))
    with pytest.raises(ClusterError, match=r"^f in .* of gpu-01 could not be read: Input/output error"):
        list(pieces)


class Broken(io.BytesIO):
    def read(self, *_: Any) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_layer_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ClusterError, match=r"^The layer x could not be read: Input/output error"):
        NamedFile(Broken(), "The layer x").read(1)


def test_what_no_source_names_is_reported_all_the_same() -> None:
    class Source:
        def open_item(self, item: int, timeout: float) -> Any:
            return 10, Broken()

    with pytest.raises(ClusterError, match="could not be read: Input/output error"):
        list(SourceProvider(Source()).pieces(Request(ItemRanges([0]), 0)))


def test_a_host_with_too_many_open_files_goes_on_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [errno.EMFILE, errno.ENFILE, errno.EBADF]

    class Listener:
        def accept(self) -> Any:
            return failing(codes.pop(0))()

    monkeypatch.setattr(relay_server, "WAIT_SECONDS", 0.01)
    server = RelayServer(listener_on("127.0.0.1"), None, lambda sent: None)
    server.close()
    server._listener = Listener()  # type: ignore[assignment]
    server._accept(None)  # type: ignore[arg-type]
    assert codes == [], "it has ended with the one that means its end"


def test_small_pieces_count_with_what_they_take_beside() -> None:
    window = Window(ItemRanges(range(100)), limit=1000, overhead=90)
    for item in range(50):
        window.append(Piece(item, 10, 0, b"x" * 10))
    assert len(window._pieces) == 10


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EINVAL])
def test_words_name_the_file_and_end_as_a_sentence(code: int) -> None:
    words = described(OSError(code, os.strerror(code), "/srv/f"))
    assert words.startswith(f"{os.strerror(code)} (/srv/f).")
    assert words.endswith((".", ")"))
