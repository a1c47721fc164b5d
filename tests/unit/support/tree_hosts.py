# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Agents of trees on this machine, and a source and a target that are compared against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.tree.agent import TreeKind


def tree_kind(path: Path, is_source: bool, **more: Any) -> TreeKind:
    arguments = {
        "host": "gpu-01",
        "path": str(path),
        "is_source": is_source,
        "outside_links": "refuse",
        "untrusted_below": "",
        "writes": True,
    }
    return TreeKind({**arguments, **more}, lambda event: None)


class Pair:
    """A source and a target, compared against each other."""

    def __init__(self, source: Path, target: Path, delete: bool = False, reserve: int = 0) -> None:
        self.source, self.target = tree_kind(source, True), tree_kind(target, False)
        try:
            observed = self.source.observe()
            wanted = {"entries": observed["entries"], "marker": observed["marker"], "reserve": reserve}
            self.found = self.target.compare({**wanted, "delete": delete, "owner": False})
        except BaseException:
            self.close()
            raise

    def carry(self, only: int | None = None) -> None:
        """All wanted items, or the first few and the half of one more."""
        self.target.stage({"owner": False})
        sink, giver = self.target.sink({}), self.source.source({})
        for count, item in enumerate(self.found["wanted"]):
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


def bring(source: Path, target: Path, **more: Any) -> dict[str, Any]:
    """What the target has found, after all of it has come; where nothing is lacking, that changes nothing."""
    pair = Pair(source, target, **more)
    try:
        assert not pair.found["problem"]
        pair.carry()
    finally:
        pair.close()
    return pair.found
