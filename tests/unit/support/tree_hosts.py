# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Agents of trees on this machine, and a source and a target that are compared against each other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.tree.agent import TreeKind
from ansible_collections.distrain.cluster.plugins.module_utils.tree.entries import TreeEntry, order_of
from ansible_collections.distrain.cluster.plugins.module_utils.tree.pages import OpenPage, unpack
from ansible_collections.distrain.cluster.plugins.module_utils.tree.store import PageStore
from ansible_collections.distrain.cluster.tests.unit.support.tree_pages import pages_of


def tree_kind(path: Path, is_source: bool, **more: Any) -> TreeKind:
    arguments = {
        "host": "gpu-01",
        "path": str(path),
        "is_source": is_source,
        "outside_links": "refuse",
        "untrusted_below": "",
        "owner": False,
        "writes": True,
    }
    return TreeKind({**arguments, **more}, lambda event: None)


def entries_of(kind: TreeKind) -> list[TreeEntry]:
    """All entries of what a source has observed, as another host gets them."""
    pages = kind.pages({"numbers": list(range(len(kind._here)))})["pages"]
    return [entry for _number, packed in pages for entry in OpenPage(unpack(packed))]


def store_of(entries: Iterable[TreeEntry]) -> PageStore:
    """A store of entries, in whatever order they are written down."""
    store = PageStore()
    for page in pages_of(sorted(entries, key=lambda one: order_of(one.path))):
        store.add(page, page.digest())
    return store


class Pair:
    """A source and a target, compared against each other."""

    def __init__(
        self,
        source: Path,
        target: Path,
        delete: bool = False,
        reserve: int = 0,
        only: list[str] | None = None,
        **more: Any,
    ) -> None:
        self.source, self.target = tree_kind(source, True, only=only), tree_kind(target, False, **more)
        try:
            observed = self.source.observe()
            self.target.observe()
            compared = self.target.compare({"outline": observed["outline"], "marker": observed["marker"]})
            self.sent_pages = ItemRanges.of_steps(compared.get("lacks", []))
            self.found = compared if compared["is_shared"] else self._plan(delete, reserve)
        except BaseException:
            self.close()
            raise

    def _plan(self, delete: bool, reserve: int) -> dict[str, Any]:
        self.target.take_pages(self.source.pages({"numbers": list(self.sent_pages)}))
        found = self.target.plan({"delete": delete, "reserve": reserve})
        return {**found, "wanted": list(ItemRanges.of_steps(found["wanted"]))}

    def carry(self, only: int | None = None, in_pieces: bool = False) -> None:
        """All wanted items, or the first few and the half of one more; small ones together, or each C(in_pieces)."""
        self.target.stage({})
        sink, giver = self.target.sink({}), self.source.source({})
        items = ItemRanges(self.found["wanted"])
        rank = 0
        while only is None and not in_pieces and (pieces := giver.small_items(items.after(rank))):
            sink.take_whole(pieces)
            rank += len(pieces)
        for count, item in enumerate(items.after(rank)):
            size, opened = giver.open_item(item, 1) or (0, None)
            assert opened
            sink.begin(item, size)
            with opened as part:
                part.seek(0)
                sink.write(part.read(size // 2))
                if count == only:
                    return
                sink.write(part.read(size))
            sink.end()
        sink.finish()

    def close(self) -> None:
        self.source.close()
        self.target.close()


def bring(source: Path, target: Path, in_pieces: bool = False, **more: Any) -> dict[str, Any]:
    """What the target has found, after all of it has come; where nothing is lacking, that changes nothing."""
    pair = Pair(source, target, **more)
    try:
        assert not pair.found["problem"]
        pair.carry(in_pieces=in_pieces)
    finally:
        pair.close()
    return pair.found
