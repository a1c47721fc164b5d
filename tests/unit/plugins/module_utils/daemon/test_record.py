# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role wrote into the engine's configuration goes again when it is not wanted; what the host had comes back."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.record import (
    Record,
    parse_record,
    record_text,
    values_to_write,
    with_written,
    without_written,
)
from hypothesis import given, settings
from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "c"])
LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=2)
OBJECTS = st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)
CONFIGURATIONS = st.dictionaries(KEYS, OBJECTS, max_size=3)


@pytest.mark.parametrize(
    ("host", "options"),
    [
        ({}, {"hosts": ["fd://"]}),
        ({"bip": "10.9.0.1/24"}, {"debug": True}),
        ({"debug": False}, {"debug": True}),
        ({"debug": 1}, {"debug": True}),
        ({"features": {"cdi": True}}, {"features": {"containerd-snapshotter": True}}),
        ({"features": {}}, {"features": {"cdi": True}}),
        ({}, {"runtimes": {"nvidia": {"path": "nvidia-container-runtime", "args": []}}}),
        ({"runtimes": "odd"}, {"runtimes": {"nvidia": {"args": []}}}),
        ({"dns": ["192.0.2.1"]}, {"dns": []}),
        ({"log-opts": {"max-size": "1m"}}, {"log-opts": {}}),
    ],
)
def test_the_hosts_own_configuration_comes_back(host: dict[str, Any], options: dict[str, Any]) -> None:
    written = values_to_write(host, options)
    assert without_written(with_written(host, written), written) == host


@given(CONFIGURATIONS, CONFIGURATIONS)
@settings(max_examples=300, deadline=None)
def test_any_configuration_comes_back(host: dict[str, Any], options: dict[str, Any]) -> None:
    written = values_to_write(host, options)
    changed = with_written(host, written)
    assert without_written(changed, written) == host
    assert not values_to_write(changed, options)
    assert parse_record(record_text(Record({"docker": tuple(written)}))).of("docker") == tuple(written)


def test_what_the_host_has_already_is_not_recorded() -> None:
    assert not values_to_write({"debug": True, "features": {"cdi": True}}, {"debug": True, "features": {"cdi": True}})


@pytest.mark.parametrize(
    ("options", "host", "left"),
    [
        ({"debug": True, "bip": "10.9.0.1/24"}, {"debug": False, "bip": "10.9.0.1/24"}, {"debug": False}),
        ({"features": {"cdi": True}}, {"features": {"cdi": True, "other": 1}}, {"features": {"other": 1}}),
    ],
)
def test_what_was_changed_on_the_host_is_the_hosts_own(options: dict, host: dict, left: dict) -> None:
    assert without_written(host, values_to_write({}, options)) == left


def test_each_owner_has_its_own_values() -> None:
    docker = values_to_write({}, {"debug": True})
    toolkit = values_to_write({"debug": True}, {"debug": True, "features": {"cdi": True}})
    both = with_written(with_written({}, docker), toolkit)
    assert without_written(both, docker) == {"features": {"cdi": True}}
    assert without_written(both, toolkit) == {"debug": True}


def test_an_empty_record_needs_no_file() -> None:
    assert record_text(Record()) == ""
    assert parse_record("") == Record()


@pytest.mark.parametrize("text", ["{", "[]", "1", '{"version": 2, "written": {}, "unproven": []}', '{"version": 1}'])
def test_a_damaged_record_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="no record"):
        parse_record(text)


@given(st.text() | OBJECTS.map(repr))
@settings(max_examples=200, deadline=None)
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_record(text)
