# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages that are held: ours alone are released, whoever has held the others."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.apt.hold_plan import (
    HoldState,
    held_text,
    parse_held,
    plan_hold,
)
from ansible_collections.distrain.cluster.plugins.module_utils.apt.packages import removed_in
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

ALL = frozenset("abc")


@pytest.mark.parametrize(
    ("held", "recorded", "wanted", "state", "steps"),
    [
        pytest.param("", "", "ab", "present", [("record", "ab"), ("hold", "ab")], id="first"),
        pytest.param("ab", "ab", "ab", "present", [], id="again"),
        pytest.param("a", "", "ab", "present", [("record", "b"), ("hold", "b")], id="a is somebody else's"),
        pytest.param("a", "", "a", "present", [], id="all are somebody else's"),
        pytest.param("ab", "ab", "a", "present", [("release", "b"), ("record", "a")], id="one less"),
        pytest.param(
            "ab",
            "ab",
            "ac",
            "present",
            [("record", "abc"), ("hold", "c"), ("release", "b"), ("record", "ac")],
            id="other",
        ),
        pytest.param("b", "ab", "ab", "present", [("hold", "a")], id="released by hand"),
        pytest.param("abc", "ab", "", "absent", [("release", "ab"), ("record", "")], id="absent leaves c"),
        pytest.param("c", "ab", "", "absent", [("record", "")], id="nothing is held any more"),
        pytest.param("c", "", "", "absent", [], id="absent again"),
    ],
)
def test_the_steps(held: str, recorded: str, wanted: str, state: str, steps: list[tuple[str, str]]) -> None:
    before = HoldState(ALL, frozenset(held), held_text(recorded))
    plan = plan_hold(before, {"packages": list(wanted), "record": "/r", "state": state})
    shown = [
        (
            step.verb,
            "".join(parse_held(step.arguments["text"], "/r") if step.verb == "record" else step.arguments["names"]),
        )
        for step in plan.steps
    ]
    if ("hold", "a") in steps:
        shown = [one for one in shown if one != ("record", "ab")]
    assert shown == steps


def test_what_is_not_installed_is_not_held() -> None:
    with pytest.raises(PlanError, match="d: not installed"):
        plan_hold(HoldState(ALL), {"packages": ["d"], "record": "/r", "state": "present"})


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2, "held": []}'])
def test_a_record_that_is_none(text: str) -> None:
    with pytest.raises(PlanError, match="/r is no record"):
        parse_held(text, "/r")


def test_what_apt_would_remove() -> None:
    said = "Inst libcuda1 (550 Debian:13)\nRemv xorg [1:7.7]\nPurg old [1]\nConf libcuda1 (550)\n"
    assert removed_in(said) == ["old", "xorg"]
