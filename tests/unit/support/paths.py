# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the repository of the tests lies, and the tree in which Ansible finds the collection."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# ansible-test has the collection in a tree of its own.
_TREES = (ROOT / ".collections", *ROOT.parents)
COLLECTIONS = next(tree for tree in _TREES if (tree / "ansible_collections/distrain/cluster").exists())
