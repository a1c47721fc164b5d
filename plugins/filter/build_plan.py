# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an image has to be built, for the role image_build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_inspected
from ansible_collections.distrain.cluster.plugins.plugin_utils.build.plan import BuildState, plan_build


def build_plan(
    inputs: Mapping[str, Any],
    image: Mapping[str, Any] | None = None,
    base: Mapping[str, Any] | None = None,
    archive: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """``image`` and ``base`` as the engine shows them, ``archive`` as the lookup image_archive returns it."""
    state = BuildState(
        image_labels=((image.get("Config") or {}).get("Labels") or {}) if image else None,
        # The fingerprint is the same in either store.
        base=identity_of_inspected(base, "containerd").fingerprint if base else None,
        archive=archive["fingerprint"] if archive else None,
    )
    plan = plan_build(state, inputs)
    build = next((step.arguments for step in plan.steps if step.verb == "build"), {})
    return {
        "changes": plan.changes,
        "steps": [step.verb for step in plan.steps],
        "before": dict(plan.before),
        "after": dict(plan.after),
        "reason": build.get("reason", ""),
        "labels": build.get("labels", {}),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"build_plan": build_plan}
