# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.image.archived import ArchivedImage, ArchiveFile
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image.plan import plan_load, plan_save
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage, HostImages

NAME = "team/trainer:1"
GB = 10**9


def identity(*layers: str) -> ImageIdentity:
    return ImageIdentity(f"of-{'-'.join(layers)}", None, tuple(f"sha256:{layer}" for layer in layers))


def held(*names: str, layers: str = "abc", size: int = 3 * GB) -> HeldImage:
    return HeldImage(f"id-{layers}", names, size, identity(*layers))


def host(*images: HeldImage, store: str = "classic", free: int | None = 100 * GB) -> HostImages:
    return HostImages(store, "/var/lib/docker", free, images)


def archived(*names: str, layers: str = "abc") -> ArchivedImage:
    return ArchivedImage(identity(*layers), names, 3 * GB)


def verbs(plan: Any) -> list[str]:
    return [step.verb for step in plan.steps]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (None, ["save"]),
        (ArchiveFile(1, 0o600, None), ["save"]),
        (ArchiveFile(1, 0o600, archived(NAME)), []),
        (ArchiveFile(1, 0o644, archived(NAME)), ["set_mode"]),
        (ArchiveFile(1, 0o600, archived(NAME, layers="abd")), ["save"]),
        (ArchiveFile(1, 0o600, archived("other:1")), ["save"]),
        (ArchiveFile(1, 0o600, archived()), ["save"]),
    ],
)
def test_save(file: ArchiveFile | None, expected: list[str]) -> None:
    assert verbs(plan_save(NAME, "/a.tar", 0o600, held(NAME), file)) == expected


def test_save_shows_what_changes() -> None:
    plan = plan_save(NAME, "/a.tar", 0o600, held(NAME), None)
    assert plan.before == {"path": None, "fingerprint": None, "mode": None}
    assert plan.after == {"path": "/a.tar", "fingerprint": "of-a-b-c", "mode": "0600"}


def test_save_of_what_is_not_there() -> None:
    with pytest.raises(PlanError, match="There is no image team/trainer:1 on this host"):
        plan_save(NAME, "/a.tar", 0o600, None, None)


@pytest.mark.parametrize(
    ("images", "archive", "name", "expected"),
    [
        ((), archived(NAME), None, ["load"]),
        ((), archived(NAME), NAME, ["load"]),
        ((), archived(), NAME, ["load", "tag"]),
        ((), archived(), None, ["load"]),
        ((held(NAME),), archived(NAME), None, []),
        ((held(NAME),), archived(NAME), "docker.io/team/trainer:1", []),
        ((held(NAME),), archived(), NAME, []),
        ((held(),), archived(), None, []),
        ((held(),), archived(NAME), None, ["tag"]),
        ((held("other:1"),), archived(NAME, "team/trainer:2"), None, ["tag", "tag"]),
        ((held("team/trainer:2"),), archived(NAME, "team/trainer:2"), None, ["tag"]),
        ((held("team/trainer:2"),), archived(NAME, "team/trainer:2"), "team/trainer:2", []),
        ((held(NAME, layers="abd"),), archived(NAME), None, ["load"]),
        ((held(NAME, layers="abd"), held()), archived(NAME), None, ["tag"]),
    ],
)
def test_load(images: tuple[HeldImage, ...], archive: ArchivedImage, name: str | None, expected: list[str]) -> None:
    assert verbs(plan_load("/a.tar", name, archive, host(*images))) == expected


def test_load_of_another_image() -> None:
    with pytest.raises(PlanError, match=r"/a\.tar holds the image other:1, not team/trainer:1\. Nothing was loaded"):
        plan_load("/a.tar", NAME, archived("other:1"), host())
