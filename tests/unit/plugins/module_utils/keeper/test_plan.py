# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host is given, and what it has to end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.beginning import placeholder, with_keys
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.plan import Found, plan_place

HOST, KEEP = {"keys": {"key": "secret-of-gpu-01"}}, {"run": "1", "options": {"silence": 300}}


def params(**given: Any) -> dict[str, Any]:
    texts = {name: json.dumps(value) for name, value in given.items() if isinstance(value, dict)}
    return {"state": "kept", "host": "", "keep": "", "options": "", "announce": False, **given, **texts}


@pytest.mark.parametrize(
    ("found", "given", "verbs"),
    [
        (Found(), params(host=HOST), ["host"]),
        (Found(host=HOST), params(host=HOST), []),
        (Found(host=HOST, is_released=True), params(host=HOST), ["host"]),
        (Found(), params(keep=KEEP), ["keep"]),
        (Found(keep=KEEP), params(keep=KEEP), []),
        (Found(keep=KEEP), params(options=KEEP["options"]), []),
        (Found(keep=KEEP), params(options={"silence": 60}), ["options"]),
        (Found(), params(options={"silence": 60}), []),
        (Found(), params(keep=KEEP, announce=True), ["keep", "announce"]),
        (Found(keep=KEEP, announced="another"), params(keep=KEEP, announce=True), ["announce"]),
        (Found(keep=KEEP, announced=KEEP["run"]), params(keep=KEEP, announce=True), []),
        (Found(), params(state="stopped"), []),
        (Found(keep=KEEP, phase="following"), params(state="stopped"), ["stop"]),
        (Found(keep=KEEP, phase="beginning"), params(state="stopped"), ["stop"]),
        (Found(keep=KEEP, phase="over"), params(state="stopped"), []),
    ],
)
def test_what_is_done(found: Found, given: dict[str, Any], verbs: list[str]) -> None:
    assert [step.verb for step in plan_place(found, given).steps] == verbs


def test_no_secret_is_in_a_difference_or_in_what_a_step_looks_like() -> None:
    plan = plan_place(Found(), params(host=HOST, keep=KEEP))
    assert "secret-of-gpu-01" not in f"{plan.before} {plan.after} {plan.steps}"


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(PlanError, match="keep is no JSON object"):
        plan_place(Found(), {**params(), "keep": "[]"})


def test_keys_take_the_places_that_were_kept_for_them() -> None:
    files = {"known_hosts": f"[10.0.0.2]:29522 {placeholder('gpu-02', 'host_key')}\n", "hostfile": "10.0.0.2 slots=8\n"}
    public = {"gpu-02": {"host_key": "ssh-ed25519 AAAA"}, "gpu-01": {"client_key": "ssh-ed25519 BBBB"}}
    assert with_keys(files, public) == {**files, "known_hosts": "[10.0.0.2]:29522 ssh-ed25519 AAAA\n"}
