# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PyYAML, and so a trainer, reads from the file of a job's settings."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml
from ansible.plugins.filter.core import to_nice_yaml
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.settings import settings_text, with_numbers
from ansible_collections.distrain.cluster.tests.unit.support.json_values import JSON, TEXT
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from hypothesis import given
from hypothesis import strategies as st

LAB = ROOT / "inventories/lab/group_vars/all/trainer_launch.yml"


def is_number_with_exponent(value: Any) -> bool:
    return isinstance(value, str) and with_numbers(value) != value


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("5e-5", 5e-5),
        ("1E5", 1e5),
        ("-2e+3", -2000.0),
        ("1e10", 1e10),
        ("1.5e5", 1.5e5),
        (".5e-3", 5e-4),
        ("1.0e-4", 1e-4),
        ("1000000e-9", 1e-3),
        ("1e4_model", "1e4_model"),
        ("1e-5 ", "1e-5 "),
        ("e5", "e5"),
        ("1e", "1e"),
        ("1e5\n", "1e5\n"),
        ("1e999", "1e999"),
        ("1234e56", "1234e56"),
        ("12e5", 12e5),
        ("1.0", "1.0"),
        ("0.1", "0.1"),
        ("yes", "yes"),
        ("0644", "0644"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1:20", "1:20"),
        ("null", "null"),
        ("~", "~"),
        ("=", "="),
        ("<<", "<<"),
        ("!tag", "!tag"),
        ("2024-01-01", "2024-01-01"),
        ("a\n  b\n\nc: d\n", "a\n  b\n\nc: d\n"),
        ("\ttab", "\ttab"),
        ("\U0001f600 \x85\u2028\ufeff", "\U0001f600 \x85\u2028\ufeff"),
        ("\u0661e\u0662", "\u0661e\u0662"),
    ],
)
def test_a_text_is_read_as_it_was_meant(text: str, read: Any) -> None:
    found = yaml.safe_load(settings_text({"a": text, "b": {"c": [text]}}))
    assert found == {"a": read, "b": {"c": [read]}}
    assert type(found["a"]) is type(read)


@pytest.mark.parametrize(
    "value", [0, 420, -1, 1.0, 5e-5, 1e100, True, False, None, [], {}, [[]], {"a": {}}, datetime.date(2024, 1, 1)]
)
def test_what_is_no_text_stays_what_it_is(value: Any) -> None:
    found = yaml.safe_load(settings_text({"a": value}))
    assert found == {"a": value} and type(found["a"]) is type(value)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), [10**5000]])
def test_what_yaml_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(PlanError, match="trainer_launch_job_config"):
        settings_text({"a": value})


def test_the_file_of_settings_without_such_numbers_is_the_same_as_ever() -> None:
    """The digest of a job is made of it: a job that has succeeded is not to be another one after an update."""
    settings = yaml.safe_load(LAB.read_text())["trainer_launch_job_config"]
    settings |= {"nested": {"list": ["a b", 1]}, "long": "word " * 50}
    assert settings_text(settings) == to_nice_yaml(settings)


@given(st.dictionaries(TEXT, JSON))
def test_what_goes_in_is_what_is_read(settings: dict[str, Any]) -> None:
    found = yaml.safe_load(settings_text(settings))
    assert found == with_numbers(settings)


@given(JSON.filter(lambda value: not is_number_with_exponent(value)))
def test_nothing_but_such_numbers_is_changed(value: Any) -> None:
    if not isinstance(value, (dict, list)):
        assert with_numbers(value) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_as_text_and_as_a_number(number: float) -> None:
    assert with_numbers(f"{number:.20e}") == float(f"{number:.20e}")
