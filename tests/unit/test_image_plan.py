# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.errors import Refused
from ansible_collections.distrain.cluster.plugins.module_utils.image_archive import ArchivedImage
from ansible_collections.distrain.cluster.plugins.module_utils.image_file import ArchiveFile
from ansible_collections.distrain.cluster.plugins.module_utils.image_identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image_plan import plan_load, plan_save
from ansible_collections.distrain.cluster.plugins.module_utils.image_state import HeldImage, HostImages
from ansible_collections.distrain.cluster.plugins.module_utils.image_transfer_plan import (
    End,
    plan_transfer,
    plan_transfer_of_missing,
)

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
    with pytest.raises(Refused, match="There is no image team/trainer:1 on this host"):
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
    with pytest.raises(Refused, match=r"/a\.tar holds the image other:1, not team/trainer:1\. Nothing was loaded"):
        plan_load("/a.tar", NAME, archived("other:1"), host())


def transfer(source: HostImages, target: HostImages, target_name: str = "gpu-02", reserve: int = 0) -> Any:
    return plan_transfer(NAME, End("gpu-01", source), End(target_name, target), reserve)


@pytest.mark.parametrize(
    ("target", "target_name", "expected"),
    [
        (host(held(NAME)), "gpu-01", []),
        (host(held(NAME)), "gpu-02", []),
        (host(held(NAME), store="containerd"), "gpu-02", []),
        (host(held("other:1")), "gpu-02", ["tag"]),
        (host(held()), "gpu-02", ["tag"]),
        (host(held(NAME, layers="xyz"), held()), "gpu-02", ["tag"]),
        (host(), "gpu-02", ["send"]),
        (host(held(NAME, layers="xyz")), "gpu-02", ["send"]),
        (host(free=None), "gpu-02", ["send"]),
    ],
)
def test_transfer(target: HostImages, target_name: str, expected: list[str]) -> None:
    assert verbs(transfer(host(held(NAME)), target, target_name)) == expected


@pytest.mark.parametrize(
    ("layers", "target", "left_out", "size"),
    [
        ("abc", host(), "", 3 * GB),
        ("abc", host(held(layers="xbc")), "", 3 * GB),
        ("abc", host(held(layers="a", size=GB)), "a", 2 * GB),
        ("abc", host(held(layers="a", size=GB), held(layers="ab", size=2 * GB)), "ab", GB),
        ("abc", host(held(layers="abx", size=9 * GB)), "ab", 3 * GB),
        ("aba", host(held(layers="ab", size=GB)), "b", 2 * GB),
        ("abc", host(held(layers="ab", size=GB), store="containerd"), "", 3 * GB),
    ],
)
def test_layers_that_need_not_be_sent(layers: str, target: HostImages, left_out: str, size: int) -> None:
    (step,) = transfer(host(held(NAME, layers=layers)), target).steps
    assert step.arguments == {"name": NAME, "left_out": tuple(f"sha256:{one}" for one in left_out), "size": size}


def test_transfer_of_what_the_source_lacks() -> None:
    with pytest.raises(Refused, match="There is no image team/trainer:1 on gpu-01"):
        transfer(host(held("other:1")), host())
    assert verbs(plan_transfer_of_missing(NAME, "gpu-01", "gpu-02")) == ["send"]
    assert verbs(plan_transfer_of_missing(NAME, "gpu-01", "gpu-01")) == []


@pytest.mark.parametrize(
    ("source_free", "target_free", "reserve", "message"),
    [
        (3 * GB, 6 * GB, 0, None),
        (4 * GB, 7 * GB, GB, None),
        (3 * GB, 9 * GB, GB, "The disk of gpu-01 is too small"),
        (
            3 * GB,
            5 * GB,
            0,
            r"The disk of gpu-02 is too small for team/trainer:1: 5\.00 GB are free at /var/lib/docker, ",
        ),
        (9 * GB, 6 * GB, GB, r"takes 6\.00 GB \(the image has 3\.00 GB\) and 1\.00 GB are to stay free"),
    ],
)
def test_room_on_the_disks(source_free: int, target_free: int, reserve: int, message: str | None) -> None:
    source, target = host(held(NAME), free=source_free), host(free=target_free)
    if message is None:
        assert verbs(transfer(source, target, reserve=reserve)) == ["send"]
        return
    with pytest.raises(Refused, match=message):
        transfer(source, target, reserve=reserve)
