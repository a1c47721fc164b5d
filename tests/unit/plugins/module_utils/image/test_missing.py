# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image.missing import (
    ImageSource,
    ImageTarget,
    common_layers,
    plan_delivery,
)
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage, HostImages

NAME = "team/trainer:1"
GB = 10**9
SIZES = (5 * GB, 3 * GB, 1 * GB)


def held(*names: str, layers: str = "abc", config: str = "") -> HeldImage:
    identity = ImageIdentity(f"of-{layers}{config}", None, tuple(f"sha256:{layer}" for layer in layers))
    return HeldImage(f"id-{layers}", names, 9 * GB, identity)


def images(*held_images: HeldImage, store: str = "classic", free: int | None = 100 * GB) -> HostImages:
    return HostImages(store, "/var/lib/docker", free, held_images)


def source(sizes: tuple[int, ...] = SIZES) -> ImageSource:
    return ImageSource("gpu-01", images(held(NAME)), sizes)


@pytest.mark.parametrize(
    ("found", "tried", "action", "first", "size", "needed"),
    [
        (images(), None, "send", 0, 9 * GB, 14 * GB),
        (images(store="containerd"), None, "send", 0, 9 * GB, 18 * GB),
        (images(held(NAME)), None, "nothing", 0, 0, 0),
        (images(held(NAME), store="containerd"), None, "nothing", 0, 0, 0),
        (images(held("other:1")), None, "name", 0, 0, 0),
        (images(held()), None, "name", 0, 0, 0),
        (images(held(layers="abx")), None, "send", 2, GB, 2 * GB),
        (images(held(NAME, layers="abx")), None, "send", 2, GB, 2 * GB),
        (images(held(layers="a"), held(layers="ab")), None, "send", 2, GB, 2 * GB),
        (images(held(layers="xbc")), None, "send", 0, 9 * GB, 14 * GB),
        (images(held(config="other")), None, "send", 3, 0, 0),
        (images(held(layers="abx"), store="containerd"), None, "send", 0, 9 * GB, 18 * GB),
        (images(held(layers="abx"), store="containerd"), 2, "send", 2, GB, 2 * GB),
        (images(held(layers="abx"), store="containerd"), 1, "send", 1, 4 * GB, 8 * GB),
        (images(free=14 * GB), None, "refused", 0, 9 * GB, 14 * GB),
        (images(free=15 * GB), None, "send", 0, 9 * GB, 14 * GB),
        (images(free=None), None, "send", 0, 9 * GB, 14 * GB),
    ],
)
def test_what_a_host_gets(
    found: HostImages, tried: int | None, action: str, first: int, size: int, needed: int
) -> None:
    (delivery,) = plan_delivery(NAME, source(), [ImageTarget("gpu-02", found, tried)], GB).deliveries
    assert (delivery.action, delivery.first, delivery.size) == (action, first, size)
    assert delivery.needed_bytes == (needed + GB if action in ("send", "refused") else 0)


def test_the_chain_goes_down_from_who_needs_the_most() -> None:
    targets = [
        ImageTarget("gpu-01", images(held(NAME))),
        ImageTarget("gpu-02", images(held(layers="ab"))),
        ImageTarget("gpu-03", images()),
        ImageTarget("gpu-04", images(held(NAME))),
        ImageTarget("gpu-05", images(free=GB)),
        ImageTarget("gpu-06", images(held(layers="a"))),
        ImageTarget("gpu-07", images()),
    ]
    plan = plan_delivery(NAME, source(), targets, GB)
    assert plan.chain == ("gpu-03", "gpu-07", "gpu-06", "gpu-02")
    assert [one.host for one in plan.deliveries] == [one.host for one in targets]
    assert (plan.changes, plan.first, plan.wanted) == (True, 0, ("sha256:a", "sha256:b", "sha256:c"))
    assert plan.problems == (
        "The disk of gpu-05 is too small for team/trainer:1: 1.00 GB are free at /var/lib/docker, but loading it takes "
        "14.00 GB (the missing layers have 9.00 GB) and 1.00 GB are to stay free (disk_reserve). Nothing was sent. "
        "Make room there, for example with docker image prune.",
    )


def test_where_all_have_it_nothing_changes() -> None:
    plan = plan_delivery(
        NAME, source(), [ImageTarget("gpu-01", images()), ImageTarget("gpu-02", images(held(NAME)))], GB
    )
    assert (plan.changes, plan.chain, plan.wanted) == (False, (), ())


def test_unknown_sizes_count_as_the_whole_image() -> None:
    (delivery,) = plan_delivery(NAME, source(()), [ImageTarget("gpu-02", images(held(layers="ab")))], 0).deliveries
    assert (delivery.size, delivery.needed_bytes) == (9 * GB, 18 * GB)


def test_a_layer_that_comes_twice_is_fetched_once() -> None:
    twice = ImageSource("gpu-01", images(held(NAME, layers="aba")), SIZES)
    assert plan_delivery(NAME, twice, [ImageTarget("gpu-02", images())], 0).wanted == ("sha256:a", "sha256:b")


def test_an_image_that_is_not_there() -> None:
    with pytest.raises(PlanError, match="There is no image other:1 on gpu-01"):
        plan_delivery("other:1", source(), [ImageTarget("gpu-02", images())], 0)


@pytest.mark.parametrize(("others", "expected"), [((), 0), (("abx", "a"), 2), (("abcd",), 3), (("x",), 0), (("",), 0)])
def test_common_layers(others: tuple[str, ...], expected: int) -> None:
    wanted = ("sha256:a", "sha256:b", "sha256:c")
    assert common_layers([held(layers=one) for one in others], wanted) == expected
