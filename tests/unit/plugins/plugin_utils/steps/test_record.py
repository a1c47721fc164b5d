# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.ending import result_lines, verdict
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.record import (
    TaskRecord,
    error_text,
    message_text,
)


def as_yaml(value: Any) -> str:
    return f"<{value}>"


def texts(record: TaskRecord) -> list[str]:
    return [text for text, _kind in record.lines()]


def test_nothing_is_said_of_a_task_that_changed_nothing() -> None:
    assert texts(TaskRecord("Look", 0)) == []


def test_one_line_for_what_changed() -> None:
    record = TaskRecord("Form the swarm", 2, ended=42, changed=["gpu-02", "gpu-01"])
    assert texts(record) == ["   0:42  Form the swarm  (gpu-01…02, 40 s)"]
    record.items = 6
    record.check_mode = True
    assert texts(record) == ["   0:42  would change  Form the swarm  (gpu-01…02, 6 items, 40 s)"]


def test_short_tasks_share_a_line() -> None:
    first, second = (TaskRecord(name, 0, ended=end, changed=["a", "b"]) for name, end in (("Make", 2), ("Write", 3)))
    second.began, second.changed = 2, ["b", "a"]
    both = first.joined_with(second)
    assert both is not None
    assert texts(both) == ["   0:03  Make; Write  (a, b, 3 s)"]
    assert first.can_be_joined()
    assert not TaskRecord("Long", 0, ended=10, changed=["a"]).can_be_joined()
    assert not TaskRecord("Nothing", 0).can_be_joined()
    assert first.joined_with(TaskRecord("Other", 3, ended=4, changed=["a"])) is None
    assert first.joined_with(TaskRecord("x" * 100, 3, ended=4, changed=["a", "b"])) is None
    second.add(second.messages, "said", "a")
    assert not second.can_be_joined()


def test_the_same_error_of_several_hosts_is_one() -> None:
    record = TaskRecord("Refuse", 0, path="a.yml:3", ended=1)
    for host in ("gpu-01", "gpu-02"):
        record.add(record.failures, "It is x. Set it to y.", host)
    record.add(record.unreachable, "no route", "gpu-03")
    assert texts(record) == [
        "   0:01  UNREACHABLE  Refuse  (gpu-03)",
        "         no route",
        "         task: a.yml:3",
        "   0:01  FAILED  Refuse  (gpu-01…02)",
        "         Set it to y.",
        "         It is x.",
        "         task: a.yml:3",
    ]


def test_messages_are_text_and_name_hosts_where_they_differ() -> None:
    record = TaskRecord("Say", 0)
    record.add(record.messages, "the same", "gpu-01")
    record.add(record.messages, "the same", "gpu-02")
    assert texts(record) == ["the same"]
    record.add(record.messages, "a\nb", "gpu-03")
    assert texts(record) == ["gpu-01…02: the same", "gpu-03:\na\nb"]


def test_a_diff_is_printed_once_for_the_hosts_it_is_of() -> None:
    record = TaskRecord("Write", 0, changed=["gpu-01", "gpu-02"])
    record.add(record.diffs, "-a\n+b\n\n", "gpu-01")
    record.add(record.diffs, "-a\n+b\n\n", "gpu-02")
    assert texts(record)[1:] == ["         gpu-01…02:", "-a\n+b"]


def test_an_error_that_is_rescued_is_two_lines() -> None:
    record = TaskRecord("Ask", 0)
    record.add(record.handled, "refused\nstderr:\n  much", "gpu-01")
    assert texts(record) == ["   0:00  Ask: the play goes on without it  (gpu-01)", "         refused"]


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"msg": "no room"}, "no room"),
        (
            {"msg": "Task failed: Finalization of x: The lookup plugin 'a.b.c' failed: There is no x. Give y."},
            "There is no x. Give y.",
        ),
        ({}, "The task failed without a message."),
        ({"censored": "hidden by no_log"}, "hidden by no_log"),
        ({"msg": "rc 1", "stderr": "bad\nworse\n", "stdout": ""}, "rc 1\nstderr:\n  bad\n  worse"),
        ({"msg": "it said bad", "stderr": "bad"}, "it said bad"),
    ],
)
def test_errors(result: dict[str, Any], text: str) -> None:
    assert error_text(result) == text


def test_of_much_output_the_end_is_shown() -> None:
    lines = error_text({"msg": "rc 1", "stdout": "\n".join(map(str, range(100)))}, "one").split("\n")
    assert lines[:3] == ["rc 1 (item: one)", "stdout, without 60 lines before these:", "  60"]
    assert lines[-1] == "  99"


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"msg": 'a "table"\n'}, 'a "table"'),
        ({"msg": ["a", "b"], "changed": False}, "a\nb"),
        ({"msg": {"a": 1}}, "<{'a': 1}>"),
        ({"name": [1], "changed": False, "_ansible_verbose_always": True}, "name: <[1]>"),
    ],
)
def test_messages_of_debug(result: dict[str, Any], text: str) -> None:
    assert message_text(result, as_yaml) == text


def test_what_a_run_tells_at_its_end() -> None:
    results = {"Results": ["artifacts/sft", "artifacts/sft"], "Next": "status", "Nothing": [], "Map": {"a": 1}}
    assert result_lines(results, as_yaml) == ["Results: artifacts/sft", "Next: status", "Map: <{'a': 1}>"]
    assert result_lines({"Next": ["a", "b"]}, as_yaml) == ["Next:", "  a", "  b"]


def test_the_verdict() -> None:
    assert verdict(42, 0, [], [], False) == "Done in 0:42: nothing had to be changed."
    assert verdict(42, 1, [], [], True) == "Done in 0:42: 1 task would change something."
    bad = verdict(42, 2, ["gpu-01"], ["gpu-02", "gpu-03"], False)
    assert bad == "Failed in 0:42: gpu-01 failed; gpu-02…03 unreachable; 2 tasks changed something."
    assert verdict(1, 0, ["gpu-01"], [], False) == "Failed in 0:01: gpu-01 failed; nothing was changed."
