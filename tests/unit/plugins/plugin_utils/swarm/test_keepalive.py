# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the keepalive container of a node is as it is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.swarm.keepalive import (
    LABEL,
    keepalive_differences,
    keepalive_digest,
)

SETTINGS: dict[str, Any] = {
    "image": "distrain/probe:1",
    "command": ["httpd", "-p", 7780],
    "network_mode": "distrain",
    "restart_policy": "unless-stopped",
    "memory": "67108864",
    "read_only": True,
}
FOUND: dict[str, Any] = {
    "status": "running",
    "image": "distrain/probe:1",
    "image_id": "sha256:1",
    "named_image_id": "sha256:1",
    "labels": {LABEL: keepalive_digest(SETTINGS), "of": "the image"},
    "networks": {"distrain": "n1"},
    "restart_policy": "unless-stopped",
    "memory_bytes": 67108864,
}


def observed(**changes: Any) -> dict[str, Any]:
    return {**FOUND, **changes}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="as it is wanted"),
        pytest.param({"status": "exited"}, ["status"], id="stopped"),
        pytest.param({"status": "paused"}, ["status"], id="paused"),
        pytest.param({"image": "distrain/probe:0"}, ["image"], id="of another image"),
        pytest.param({"named_image_id": "sha256:2"}, ["image"], id="the image was built anew"),
        pytest.param({"named_image_id": None}, ["image"], id="the image is gone"),
        pytest.param({"labels": {}}, ["settings"], id="started by somebody else"),
        pytest.param({"labels": {LABEL: "0"}}, ["settings"], id="started with other settings"),
        pytest.param({"restart_policy": "no"}, ["settings"], id="another restart policy since"),
        pytest.param({"memory_bytes": 0}, ["settings"], id="another memory limit since"),
        pytest.param({"networks": {"distrain": "n0"}}, ["network"], id="on a network that is gone"),
        pytest.param({"networks": {}}, ["network"], id="on no network"),
        pytest.param({"networks": {"distrain": "n1", "bridge": "b"}}, ["network"], id="on two networks"),
        pytest.param({"networks": {"bridge": "b"}, "status": "exited"}, ["status", "network"], id="two at once"),
    ],
)
def test_keepalive_differences(changes: dict[str, Any], expected: list[str]) -> None:
    assert keepalive_differences(observed(**changes), SETTINGS, "n1") == expected


def test_no_container() -> None:
    assert keepalive_differences({}, SETTINGS, "n1") == ["container"]


@pytest.mark.parametrize(
    ("networks", "expected"), [({"distrain": "n0"}, []), ({}, ["network"]), ({"a": "1", "b": "2"}, ["network"])]
)
def test_a_network_that_is_not_known_is_taken_for_unchanged(networks: dict[str, str], expected: list[str]) -> None:
    assert keepalive_differences(observed(networks=networks), SETTINGS) == expected


@pytest.mark.parametrize("changes", [{"command": ["httpd", "-p", 7781]}, {"read_only": False}, {"user": "65534:65534"}])
def test_other_settings_differ(changes: dict[str, Any]) -> None:
    assert keepalive_differences(observed(), {**SETTINGS, **changes}, "n1") == ["settings"]


def test_a_digest_shows_no_order_and_no_number_from_text() -> None:
    same = {key: SETTINGS[key] for key in reversed(SETTINGS)} | {"command": ("httpd", "-p", "7780"), "memory": 67108864}
    assert keepalive_digest(same) == keepalive_digest(SETTINGS)
