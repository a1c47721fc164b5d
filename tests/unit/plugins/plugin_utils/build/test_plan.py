# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.build.plan import (
    INPUTS_LABEL,
    BuildState,
    digest,
    plan_build,
)

INPUTS = {"Dockerfile": "FROM a\n", "project": "e3d8fc7", "requirements": ["torch"], "wheels": [], "files": []}
OTHER_IMAGE = {"org.example": "1"}


def labels_of_build(base: str = "sha256:base", **changes: Any) -> dict[str, str]:
    """The labels of an image that was built from these inputs."""
    plan = plan_build(BuildState(base=base), {**INPUTS, **changes})
    return dict(plan.steps[-1].arguments["labels"])


@pytest.mark.parametrize(
    ("state", "steps", "reason"),
    [
        pytest.param(BuildState(), ["pull_base", "build"], "there is no such image yet", id="nothing there"),
        pytest.param(BuildState(base="sha256:base"), ["build"], "there is no such image yet", id="base there"),
        pytest.param(
            BuildState(archive="sha256:base"),
            ["load_base", "build"],
            "there is no such image yet",
            id="from an archive",
        ),
        pytest.param(
            BuildState(base="sha256:base", archive="sha256:base"), ["build"], "there is no such image yet", id="loaded"
        ),
        pytest.param(
            BuildState(base="sha256:old", archive="sha256:base"),
            ["load_base", "build"],
            "there is no such image yet",
            id="archive is newer",
        ),
        pytest.param(
            BuildState(OTHER_IMAGE, base="sha256:base"),
            ["build"],
            "the image has no label io.distrain.inputs, so something else has made it",
            id="made by others",
        ),
        pytest.param(BuildState(labels_of_build(), base="sha256:base"), [], "", id="built"),
        pytest.param(BuildState(labels_of_build()), [], "", id="base removed since"),
        pytest.param(BuildState(labels_of_build(), archive="sha256:base"), [], "", id="built from the archive"),
        pytest.param(
            BuildState(labels_of_build(), base="sha256:new"),
            ["build"],
            "changed since it was built: base image",
            id="another base",
        ),
        pytest.param(
            BuildState(labels_of_build(), base="sha256:base", archive="sha256:new"),
            ["load_base", "build"],
            "changed since it was built: base image",
            id="another archive",
        ),
        pytest.param(
            BuildState(labels_of_build(project="fff", wheels=["x"]), base="sha256:base"),
            ["build"],
            "changed since it was built: project, wheels",
            id="another commit and other wheels",
        ),
    ],
)
def test_plan(state: BuildState, steps: list[str], reason: str) -> None:
    plan = plan_build(state, INPUTS)
    assert [step.verb for step in plan.steps] == steps
    assert (plan.steps[-1].arguments["reason"] if steps else "") == reason


@pytest.mark.parametrize("part", sorted(INPUTS))
def test_every_input_counts(part: str) -> None:
    plan = plan_build(BuildState(labels_of_build(), base="sha256:base"), {**INPUTS, part: "other"})
    assert plan.steps[-1].arguments["reason"] == f"changed since it was built: {part}"


def test_labels_name_the_whole_and_each_part() -> None:
    labels = labels_of_build()
    assert labels[INPUTS_LABEL].startswith("sha256:")
    assert labels[f"{INPUTS_LABEL}.base-image"] == "base"
    assert set(labels) == {INPUTS_LABEL} | {f"{INPUTS_LABEL}.{part}" for part in [*INPUTS, "base-image"]}


def test_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest(["a", "b"]) != digest(["b", "a"])
