# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.plan import (
    EngineHost,
    plan_engine,
    planned_change,
    record_while_unproven,
)
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.record import Record, record_text, values_to_write
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.unit import started_command

PATH = "/etc/docker/daemon.json"
UP = EngineHost(PATH, command=("/usr/bin/dockerd", "-H", "fd://"), answers=True)


def params(options: dict[str, Any], allowed: bool = False) -> dict[str, Any]:
    return {
        "owner": "docker",
        "options": options,
        "options_variable": "docker_daemon_options",
        "restart_under_work": allowed,
        "restart_variable": "docker_restart_under_jobs",
    }


def verbs(host: EngineHost, options: dict[str, Any]) -> list[str]:
    return [step.verb for step in plan_engine(host, params(options)).steps]


def applied(host: EngineHost, options: dict[str, Any]) -> EngineHost:
    change = planned_change(host, params(options))
    return replace(host, text=change.text, record=record_text(change.record))


@pytest.mark.parametrize(
    ("host", "options", "wanted"),
    [
        (UP, {}, []),
        (UP, {"debug": True}, ["configure"]),
        (replace(UP, text='{"debug":   true}'), {"debug": True}, []),
        (replace(UP, answers=False), {}, ["start"]),
        (replace(UP, answers=False), {"debug": True}, ["configure"]),
        (EngineHost(PATH), {}, []),
        (EngineHost(PATH), {"debug": True}, ["configure"]),
        (replace(UP, record=record_text(Record(unproven=(None,)))), {}, ["configure"]),
    ],
)
def test_the_steps(host: EngineHost, options: dict[str, Any], wanted: list[str]) -> None:
    assert verbs(host, options) == wanted


def test_an_option_that_is_taken_out_goes_and_the_hosts_own_key_stays() -> None:
    host = applied(
        replace(UP, text='{"labels": ["owner=host"], "debug": false}'), {"debug": True, "bip": "10.9.0.1/24"}
    )
    assert json.loads(host.text or "") == {"labels": ["owner=host"], "debug": True, "bip": "10.9.0.1/24"}
    assert not verbs(host, {"debug": True, "bip": "10.9.0.1/24"})
    host = applied(host, {"bip": "10.9.0.1/24"})
    assert json.loads(host.text or "") == {"labels": ["owner=host"], "debug": False, "bip": "10.9.0.1/24"}
    host = applied(host, {})
    assert json.loads(host.text or "") == {"labels": ["owner=host"], "debug": False}
    assert host.record == ""
    assert not verbs(host, {})


def test_a_value_changed_on_the_host_is_forgotten_without_a_restart() -> None:
    host = replace(applied(UP, {"debug": True}), text='{"debug": false}')
    assert verbs(host, {}) == ["record"]


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        (UP.command, {"hosts": ["tcp://127.0.0.1:2375", "fd://"]}, ["key hosts", "-H", "take hosts out"]),
        ((), {"hosts": ["fd://"]}, ["key hosts", "dockerd -H fd://"]),
        (("dockerd", "--host=fd://"), {"hosts": []}, ["key hosts", "--host"]),
        (("dockerd", "--insecure-registry", "r:5000"), {"insecure-registries": []}, ["insecure-registries"]),
        (("dockerd", "--label=a=b"), {"labels": []}, ["key labels"]),
        (("dockerd", "--data-root=/data"), {"data-root": "/data"}, ["key data-root"]),
        (("dockerd", "-D"), {"debug": True}, ["key debug"]),
        (("dockerd", "--config-file=/opt/d.json"), {"debug": True}, ["reads /opt/d.json", "no effect"]),
        (("dockerd", "--config-file", "/opt/d.json"), {"debug": True}, ["reads /opt/d.json"]),
    ],
)
def test_options_against_the_unit_are_refused(command: tuple[str, ...], options: dict, says: list[str]) -> None:
    with pytest.raises(PlanError) as refusal:
        plan_engine(replace(UP, command=command), params(options))
    for words in [*says, "docker_daemon_options", "Nothing was changed"]:
        assert words in refusal.value.message


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (("dockerd",), {"hosts": ["fd://"]}),
        (UP.command, {"debug": True}),
        (("dockerd", f"--config-file={PATH}"), {"debug": True}),
    ],
)
def test_other_options_are_not(command: tuple[str, ...], options: dict[str, Any]) -> None:
    assert verbs(replace(UP, command=command), options) == ["configure"]


def test_a_restart_under_work_is_refused_unless_allowed() -> None:
    busy = replace(UP, work=("the job sft (processes: 9)",))
    with pytest.raises(PlanError) as refusal:
        plan_engine(busy, params({"debug": True}))
    for words in ["the job sft (processes: 9)", "docker_restart_under_jobs", PATH, "Nothing was changed"]:
        assert words in refusal.value.message
    assert plan_engine(busy, params({"debug": True}, allowed=True)).changes
    assert not plan_engine(busy, params({})).changes


@pytest.mark.parametrize("text", ["{", "[]", "true"])
def test_a_broken_file_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match=PATH):
        plan_engine(replace(UP, text=text), params({}))


def test_a_damaged_record_is_refused() -> None:
    with pytest.raises(PlanError, match=rf"{PATH}\.distrain"):
        plan_engine(replace(UP, record="{"), params({}))


@pytest.mark.parametrize("was_written", [False, True])
def test_a_run_that_is_cut_off_leaves_what_the_next_one_puts_right(was_written: bool) -> None:
    host = applied(replace(UP, text='{"debug": false}'), {"debug": True, "bip": "10.9.0.1/24"})
    change = planned_change(host, params({"debug": True, "mtu": 1400}))
    unproven = record_text(record_while_unproven(host, change, "docker"))
    cut_off = replace(host, record=unproven, text=change.text if was_written else host.text)
    assert verbs(cut_off, {}) == ["configure"]
    assert json.loads(applied(cut_off, {}).text or "") == {"debug": False}


def test_the_way_back_leads_to_the_last_file_with_which_the_engine_came_up() -> None:
    host = replace(UP, text="second", record=record_text(Record(unproven=("first",))))
    change = planned_change(replace(host, text="{}"), params({}))
    assert record_while_unproven(host, change, "docker").unproven == ("first",)


def test_the_command_of_a_unit() -> None:
    shown = (
        "{ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H fd:// --x=y $DOCKER_OPTS ; ignore_errors=no ; pid=0 }"
    )
    assert started_command(shown) == ("/usr/sbin/dockerd", "-H", "fd://", "--x=y")
    assert started_command("") == ()


def test_what_was_written_for_one_owner_only_is_its_own() -> None:
    record = Record({"nvidia_toolkit": tuple(values_to_write({}, {"features": {"cdi": True}}))})
    host = replace(UP, text='{"features": {"cdi": true}}', record=record_text(record))
    assert not verbs(host, {})
