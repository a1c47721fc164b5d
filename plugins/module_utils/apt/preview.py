# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether apt's sources of this host already have a repository; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.errors import PlanError
from .placeholders import expanded
from .plan import plan_source
from .sources import observe_sources

SOURCE_SPEC: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "key_path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
    "variable": {"type": "str", "required": True},
}


def preview_source(source: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted content, the key that the host has, whether all is as wanted with this key, and what prevents it.

    C({distribution}), C({version}) without its dot, C({codename}), C({architecture}), and C({machine}) in NVIDIA's
    words are
    replaced in the content by what they are on the host.
    """
    content = expanded(source["content"], host)
    state = observe_sources(source)
    key = state.key or ""
    facts = {"content": content, "key": key}
    try:
        plan = plan_source(state, {**source, "content": content, "key": key, "architecture": host["architecture"]})
    except PlanError as error:
        return {**facts, "is_current": False, "problem": error.message}
    return {**facts, "is_current": bool(key) and not plan.changes, "problem": ""}
