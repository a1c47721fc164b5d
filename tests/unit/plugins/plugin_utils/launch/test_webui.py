# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A web UI reads its password when it starts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.webui import is_older

# The container has started at 1767323045.123456789.
CONTAINER = {"State": {"StartedAt": "2026-01-02T03:04:05.123456789Z"}}
NEVER = {"State": {"StartedAt": "0001-01-01T00:00:00Z"}}


def file(mtime: float) -> dict[str, Any]:
    return {"exists": True, "mtime": mtime}


@pytest.mark.parametrize(
    ("container", "files", "older"),
    [
        (CONTAINER, [file(1767323045.1), file(1767320000.0)], False),
        (CONTAINER, [file(1767323045.2), file(1767320000.0)], True),
        (CONTAINER, [file(1767320000.0), file(1767323046.0)], True),
        (CONTAINER, [{"exists": False}], False),
        (CONTAINER, [], False),
        (NEVER, [file(1767320000.0)], True),
        (None, [file(1767323046.0)], False),
    ],
)
def test_a_container_is_older_than_a_file(
    container: dict[str, Any] | None, files: list[dict[str, Any]], older: bool
) -> None:
    assert is_older(container, files) is older
