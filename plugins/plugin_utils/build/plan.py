# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an image has to be built again, by a digest of everything that it is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan, Step

INPUTS_LABEL = "io.distrain.inputs"
BASE = "base image"
_PART_LABEL = INPUTS_LABEL + "."


@dataclass(frozen=True)
class BuildState:
    """What there is to build upon; fingerprints are those of an ImageIdentity, and None where there is no image.

    ``image_labels`` are those of the image as it lies on the builder now, ``base`` is the base image on the builder,
    ``archive`` the base image in an archive on the controller.
    """

    image_labels: Mapping[str, str] | None = None
    base: str | None = None
    archive: str | None = None


def plan_build(state: BuildState, inputs: Mapping[str, Any]) -> Plan:
    """The steps that make the image from ``inputs``: none where its labels say that it was made from them.

    ``inputs`` is what the image is made of beside its base, by names that a person reads. A base that was removed
    after the build is not pulled again just to be compared: it counts as unchanged.
    """
    recorded = _recorded_parts(state.image_labels or {})
    parts = {name: digest(value) for name, value in inputs.items()}
    fingerprint = state.archive or state.base
    if fingerprint:
        parts[BASE] = fingerprint
    wanted = {name: short(value) for name, value in parts.items()}
    wanted.setdefault(BASE, recorded.get(BASE, "known once it is pulled"))
    if recorded == wanted:
        return Plan(before=recorded, after=wanted)
    reason = _reason(state, recorded, wanted)
    build = Step("build", {"labels": labels_of(parts), "reason": reason})
    return Plan((*_steps_for_base(state), build), before=recorded, after=wanted)


def digest(value: Any) -> str:
    """The digest of anything that JSON can hold; the order of a mapping's keys does not matter."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def short(value: str) -> str:
    return value.removeprefix("sha256:")[:12]


def labels_of(parts: Mapping[str, str]) -> dict[str, str]:
    """One label for the whole, and one for each part, so that a later run can say what has changed."""
    each = {_PART_LABEL + name.replace(" ", "-"): short(value) for name, value in sorted(parts.items())}
    return {INPUTS_LABEL: digest(dict(parts)), **each}


def _recorded_parts(labels: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_PART_LABEL).replace("-", " "): value
        for name, value in labels.items()
        if name.startswith(_PART_LABEL)
    }


def _steps_for_base(state: BuildState) -> tuple[Step, ...]:
    if state.archive:
        return () if state.archive == state.base else (Step("load_base"),)
    return () if state.base else (Step("pull_base"),)


def _reason(state: BuildState, recorded: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    if state.image_labels is None:
        return "there is no such image yet"
    if not recorded:
        return f"the image has no label {INPUTS_LABEL}, so something else has made it"
    changed = sorted(name for name in {*recorded, *wanted} if recorded.get(name) != wanted.get(name))
    return "changed since it was built: " + ", ".join(changed)
