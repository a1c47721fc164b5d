# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An unforeseen error in the thread that fills the spool reaches those that wait for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.engine.socket import EngineSocket
from ansible_collections.distrain.cluster.plugins.module_utils.layers import spool as image_spool
from ansible_collections.distrain.cluster.plugins.module_utils.layers.directory import SpoolDirectory
from ansible_collections.distrain.cluster.plugins.module_utils.layers.spool import ImageSpool
from ansible_collections.distrain.cluster.tests.unit.support.fake_image_engine import served
from ansible_collections.distrain.cluster.tests.unit.support.image_spools import (
    IMAGE,
    holding_engine,
    source_of,
    spool_of,
)
from ansible_collections.distrain.cluster.tests.unit.support.relay_hosts import Host, MemorySource, start_source

# Longer than anything here takes: a test that would hang fails.
SECONDS = 10.0
ERRORS = [KeyError("blobs"), MemoryError(), SystemExit(1), RuntimeError("generator raised StopIteration")]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[ImageSpool]:
    with served(holding_engine(), tmp_path) as docker_host:
        spool = spool_of(EngineSocket(docker_host, timeout=5), tmp_path / "spool")
        yield spool
        spool.close()


def break_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: BaseException) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(owner, name, fail)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("owner", "name"), [(EngineSocket, "save"), (image_spool, "uncompressed")])
def test_those_that_wait_for_a_layer_receive_it(
    spool: ImageSpool, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: BaseException
) -> None:
    break_at(monkeypatch, owner, name, error)
    spool.start(IMAGE.diff_ids)
    words = rf"team/trainer:1 could not be saved: an unexpected error, {type(error).__name__}.*, line \d+\)\."
    with pytest.raises(ClusterError, match=words):
        assert spool.wait_for(IMAGE.diff_ids[0], SECONDS), "it hangs"
    with pytest.raises(ClusterError, match=words):
        assert spool.open(IMAGE.diff_ids[1], SECONDS), "it hangs"


def test_those_that_wait_for_the_config_receive_it(spool: ImageSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    break_at(monkeypatch, SpoolDirectory, "keep_config", KeyError("config"))
    words: list[str] = []

    def wait() -> None:
        try:
            spool.wait_for_config()
        except ClusterError as error:
            words.append(error.message)

    spool.start(IMAGE.diff_ids)
    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(SECONDS)
    assert "KeyError: 'config' (test_spool_failures.py, line" in words[0]


def test_what_came_before_its_index_fails_is_there(spool: ImageSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    break_at(monkeypatch, SpoolDirectory, "remember", AttributeError("get"))
    spool.start(IMAGE.diff_ids)
    for diff_id, layer in zip(IMAGE.diff_ids, IMAGE.layers, strict=True):
        path = spool.wait_for(diff_id, SECONDS)
        assert path
        assert path.read_bytes() == layer
    with pytest.raises(ClusterError, match="AttributeError: get"):
        assert spool.wait_for(f"sha256:{'0' * 64}", SECONDS), "it hangs"


def test_nobody_waits_for_a_thread_that_could_not_start(spool: ImageSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unstartable(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(image_spool, "threading", SimpleNamespace(Thread=Unstartable))
    with pytest.raises(RuntimeError):
        spool.start(IMAGE.diff_ids)
    with pytest.raises(ClusterError, match="could not be saved"):
        assert spool.wait_for(IMAGE.diff_ids[0], SECONDS), "it hangs"


def test_the_hosts_that_receive_fail_with_it(spool: ImageSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    break_at(monkeypatch, image_spool, "uncompressed", KeyError("blobs"))
    peer, _sent = start_source(None, cast(MemorySource, source_of(spool)))
    host = Host("h1", None, [peer], range(len(IMAGE.layers)), is_last=True, items=IMAGE.layers).start()
    with pytest.raises(ClusterError, match="could not be saved: an unexpected error, KeyError: 'blobs'"):
        host.wait(SECONDS)
