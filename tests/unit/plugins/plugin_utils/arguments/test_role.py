# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role's variables are converted to, by the specs and the ranges that the roles really have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.role import (
    convert,
    number_names,
    options_of,
    without_prefix,
)
from ansible_collections.distrain.cluster.tests.unit.support.role_files import ROLES, all_options, entry_points, ranges

OPTIONS = {
    "x_bool": {"type": "bool"},
    "x_int": {"type": "int"},
    "x_float": {"type": "float"},
    "x_mtu": {"type": "int"},
    "x_str": {"type": "str"},
    "x_choice": {"type": "str", "choices": ["present", "absent"]},
    "x_path": {"type": "path"},
    "x_words": {"type": "list", "elements": "str"},
    "x_sizes": {"type": "list", "elements": "int"},
    "x_lists": {"type": "list", "elements": "list"},
    "x_dict": {"type": "dict"},
    "x_raw": {"type": "raw"},
    "x_secret": {"type": "dict", "no_log": True},
    "x_files": {
        "type": "list",
        "elements": "dict",
        "options": {
            "src": {"type": "path", "required": True},
            "mode": {"type": "str", "default": "0644"},
            "mtu": {"type": "int"},
            "isolated": {"type": "bool", "default": False},
        },
    },
}
RANGES = {
    "x_int": {"from": 0, "to": 86400},
    "x_float": {"from": 0, "to": 100},
    "x_mtu": {"from": 576, "to": 9216, "or": 0},
    "x_sizes": {"from": 4, "to": 1024},
    "x_files.mtu": {"from": 576, "to": 9216},
}

GOOD: list[tuple[str, Any, Any]] = [
    ("x_bool", "false", False),
    ("x_bool", "no", False),
    ("x_bool", "0", False),
    ("x_bool", "True", True),
    ("x_bool", 1, True),
    ("x_int", "2", 2),
    ("x_int", "1e4", 10000),
    ("x_int", " 7 ", 7),
    ("x_int", 3.0, 3),
    ("x_float", "0.5", 0.5),
    ("x_float", "5e-5", 5e-5),
    ("x_float", 5, 5.0),
    ("x_mtu", "0", 0),
    ("x_mtu", "9000", 9000),
    ("x_str", 7, "7"),
    ("x_str", "", ""),
    ("x_path", "~/models", "~/models"),
    ("x_path", "$HOME/models", "$HOME/models"),
    ("x_words", "", []),
    ("x_words", "gpu-01", ["gpu-01"]),
    ("x_words", "gpu-01,gpu-02", ["gpu-01", "gpu-02"]),
    ("x_words", '["a b", "c"]', ["a b", "c"]),
    ("x_words", "['a b', 'c']", ["a b", "c"]),
    ("x_words", [0, 0.5], ["0", "0.5"]),
    ("x_sizes", "[4,8]", [4, 8]),
    ("x_sizes", "4,8", [4, 8]),
    ("x_sizes", 8, [8]),
    ("x_lists", '[["a", "b c"]]', [["a", "b c"]]),
    ("x_dict", '{"a": 1}', {"a": 1}),
    ("x_dict", "a=b", {"a": "b"}),
    ("x_raw", None, None),
    ("x_raw", "--lr 1", "--lr 1"),
    ("x_files", [{"src": "~/a"}], [{"src": "~/a", "mode": "0644", "isolated": False}]),
    (
        "x_files",
        [{"src": "a", "mtu": "1500", "isolated": "no"}],
        [{"src": "a", "mode": "0644", "mtu": 1500, "isolated": False}],
    ),
]

BAD: list[tuple[str, Any, str]] = [
    ("x_bool", "maybe", 'found "maybe", expected true or false.'),
    ("x_bool", [], "found [], expected true or false."),
    ("x_int", "-5", 'found "-5", expected a whole number from 0 to 86400.'),
    ("x_int", -5, "found -5, expected a whole number from 0 to 86400."),
    ("x_int", "1e9", 'found "1e9", expected a whole number from 0 to 86400.'),
    ("x_int", "Infinity", 'found "Infinity", expected a whole number from 0 to 86400.'),
    ("x_int", "2.5", 'found "2.5", expected a whole number'),
    ("x_int", "", 'found "", expected a whole number'),
    ("x_int", True, "found true, expected a whole number"),
    ("x_int", None, "found null, expected a whole number from 0 to 86400; leave the variable out to get its default."),
    ("x_float", "nan", 'found "nan", expected a number from 0 to 100.'),
    ("x_float", "inf", 'found "inf", expected a number from 0 to 100.'),
    ("x_float", 100.5, "found 100.5, expected a number from 0 to 100."),
    ("x_mtu", 20, "found 20, expected a whole number from 576 to 9216, or 0."),
    ("x_str", False, "found false, expected a string; put it in quotes"),
    ("x_str", 3.10, "found 3.1, expected a string; put it in quotes"),
    ("x_str", {"a": 1}, 'found {"a": 1}, expected a string.'),
    ("x_str", None, "found null, expected a string; leave the variable out"),
    ("x_choice", "gone", 'found "gone", expected one of present, absent.'),
    ("x_words", "python train.py", 'expected a list of strings; write it as ["first", "second"].'),
    ("x_words", "[1, 2", 'expected a list of strings; write it as ["first", "second"].'),
    ("x_words", {"a": 1}, "expected a list of strings"),
    ("x_words", ["a", True], "expected a list of strings; put it in quotes"),
    ("x_words", ["a", None], "expected a list of strings; leave"),
    ("x_sizes", [4, 2], "expected a list of whole numbers from 4 to 1024; element 2 is 2."),
    ("x_sizes", ["four"], "expected a list of whole numbers from 4 to 1024 ("),
    ("x_lists", ["pip install a,b"], "expected a list of lists; each element is a list itself."),
    ("x_dict", "a", "expected a dictionary"),
    ("x_dict", ["a"], "expected a dictionary"),
    ("x_files", [{"mode": "0644"}], "missing required arguments: src"),
    ("x_files", [{"src": "a", "modus": "0644"}], "modus"),
    ("x_files", [{"src": "a", "mode": 0o644}], "mode is 420; put it in quotes"),
    ("x_files", [{"src": "a", "mtu": 20}], "mtu of element 1 is 20, not a whole number from 576 to 9216."),
]


@pytest.mark.parametrize(("name", "given", "wanted"), GOOD)
def test_a_value_is_converted(name: str, given: Any, wanted: Any) -> None:
    converted, problems = convert({name: OPTIONS[name]}, RANGES, {name: given})
    assert problems == {}
    assert converted == {name: wanted}
    assert type(converted[name]) is type(wanted)


@pytest.mark.parametrize(("name", "given", "message"), BAD)
def test_a_value_is_refused(name: str, given: Any, message: str) -> None:
    converted, problems = convert({name: OPTIONS[name]}, RANGES, {name: given})
    assert converted == {}
    assert problems[name].startswith(f"{name}: found ")
    assert message in problems[name]


def test_all_problems_are_found_at_once() -> None:
    _converted, problems = convert(OPTIONS, RANGES, {"x_int": "-5", "x_bool": "maybe", "x_str": "good"})
    assert sorted(problems) == ["x_bool", "x_int"]


@pytest.mark.parametrize("secret", ["hunter2", ["hunter2"], "{hunter2", None])
def test_no_message_shows_a_secret(secret: Any) -> None:
    _converted, problems = convert(OPTIONS, RANGES, {"x_secret": secret})
    assert problems == {"x_secret": "x_secret: found a value that is not shown, expected a dictionary."}


def test_a_required_value_is_missed() -> None:
    _converted, problems = convert({"x_name": {"type": "str", "required": True}}, {}, {})
    assert problems == {"x_name": "x_name: found no value, expected a string."}


def test_a_long_value_is_cut() -> None:
    _converted, problems = convert(OPTIONS, RANGES, {"x_int": "9" * 5000})
    assert len(problems["x_int"]) < 200


def test_what_was_given_is_left_as_it_is() -> None:
    given = {"x_files": [{"src": "a", "mtu": "1500"}]}
    convert(OPTIONS, RANGES, given)
    assert given == {"x_files": [{"src": "a", "mtu": "1500"}]}


def test_an_entry_point_adds_its_options() -> None:
    specs = {"main": {"options": {"x_a": {}}}, "cut": {"options": {"x_b": {}}}}
    assert sorted(options_of(specs, "cut")) == ["x_a", "x_b"]
    assert sorted(options_of(specs, "main")) == ["x_a"]
    with pytest.raises(PlanError, match="no entry point other"):
        options_of(specs, "other")


def test_names_lose_the_role() -> None:
    assert without_prefix("swarm", {"swarm_state": "present", "swarm_swarm_x": 1}) == {"state": "present", "swarm_x": 1}


# Keys of a result that Ansible gives a meaning, and names that Jinja would find on a dictionary before its keys.
RESERVED = {
    *("attempts", "changed", "delta", "deprecations", "diff", "end", "exception", "failed", "finished", "invocation"),
    *("msg", "rc", "results", "retries", "skipped", "start", "stderr", "stdout", "unreachable", "warnings"),
    *("add_host", "add_group", "ansible_facts", "ansible_stats", "include", "include_args"),
    *dir(dict),
}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_argument_has_a_name_with_another_meaning(role: Path) -> None:
    names = without_prefix(role.name, all_options(role))
    assert not RESERVED & set(names)
    assert "arguments" not in names


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_number_has_a_range_and_every_range_a_number(role: Path) -> None:
    assert set(number_names(all_options(role))) == set(ranges(role))
    for limits in ranges(role).values():
        assert set(limits) - {"or"} == {"from", "to"}
        assert limits["from"] < limits["to"]


def constants() -> list[tuple[str, str, Any]]:
    """Every default of a spec."""
    return [
        (role.name, name, option["default"])
        for role in ROLES
        for name, option in all_options(role).items()
        if "default" in option
    ]


@pytest.mark.parametrize(("role", "name", "default"), constants())
def test_every_default_is_in_its_range_and_stays_as_it_is(role: str, name: str, default: Any) -> None:
    path = next(one for one in ROLES if one.name == role)
    converted, problems = convert({name: all_options(path)[name]}, ranges(path), {name: default})
    assert problems == {}
    assert converted[name] == default


STRANGE = [
    "-5",
    "1e30",
    "-1e30",
    "nan",
    "Infinity",
    "-Infinity",
    "",
    "abc",
    "[1,2]",
    "{}",
    True,
    None,
    [],
    {},
    0.5,
    -1e9,
]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_every_option_converts_or_refuses_whatever_comes(role: Path, strange: Any) -> None:
    types = {"bool": bool, "int": int, "float": float, "str": str, "path": str, "list": list, "dict": dict}
    for name, option in all_options(role).items():
        converted, problems = convert({name: option}, ranges(role), {name: strange})
        assert (name in converted) != (name in problems)
        if name in converted and option["type"] != "raw":
            assert converted[name].__class__ is types[option["type"]]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_booleans_and_numbers_of_a_command_line_are_converted(role: Path) -> None:
    for name, option in all_options(role).items():
        if option["type"] == "bool":
            assert convert({name: option}, {}, {name: "false"})[0] == {name: False}
        elif option["type"] in ("int", "float"):
            lowest = ranges(role)[name]["from"]
            assert convert({name: option}, ranges(role), {name: str(lowest)})[0] == {name: lowest}
            below = convert({name: option}, ranges(role), {name: str(lowest - 5)})[1]
            assert f"{name}: found" in below[name]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_an_option_of_several_entry_points_is_the_same_in_all(role: Path) -> None:
    """By an anchor: what role_arguments converts does not depend on where the role is entered."""
    main = entry_points(role)["main"]
    for options in entry_points(role).values():
        assert {name: option for name, option in options.items() if main.get(name, option) != option} == {}
