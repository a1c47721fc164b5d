# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is expected of a transfer, what limited it in the end, and what is kept of that."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.forecast import (
    Expectation,
    Stage,
    disk_of,
    expect,
    found_limits,
    learned,
    stage_of,
)
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.progress import Total, expected_table
from ansible_collections.distrain.cluster.plugins.module_utils.relay.parts import WINDOW_BYTES

GB = 10**9
MB = 10**6
CLASSIC = "load classic"


def stage(number: int, size: int = 10 * GB, link: float | None = GB, load: float | None = 500 * MB) -> Stage:
    return Stage(f"gpu-{number:02}", size, CLASSIC, link, load)


@pytest.mark.parametrize(
    ("disk", "one", "seconds", "limit"),
    [
        (GB, stage(2), 20.0, "load of gpu-02"),
        (GB, stage(2, link=125 * MB), 80.0, "link of gpu-02"),
        (100 * MB, stage(2), 100.0, "disk of gpu-01"),
        # What is as slow as what stands before it is what was seen to limit.
        (500 * MB, stage(2, link=500 * MB), 20.0, "load of gpu-02"),
    ],
)
def test_the_slowest_part_alone_counts(disk: float, one: Stage, seconds: float, limit: str) -> None:
    assert expect("gpu-01", disk, [one]) == [
        Expectation("gpu-02", seconds, limit),
        Expectation("", seconds, limit),
    ]


def test_a_slow_host_holds_up_the_others_but_for_what_the_windows_hold() -> None:
    slow = stage(3, load=100 * MB)
    first, second, third, together = expect("gpu-01", GB, [stage(2), slow, stage(4)])
    assert (together.seconds, together.limit) == (100.0, "load of gpu-03")
    assert (second.seconds, second.limit) == (100.0, "load of gpu-03")
    for one in (first, third):
        assert one.seconds == pytest.approx(100 - WINDOW_BYTES / (100 * MB))
        assert one.limit == "load of gpu-03"


def test_what_comes_to_a_host_has_passed_the_links_before_it_in_full() -> None:
    _first, second, _together = expect("gpu-01", GB, [stage(2, link=100 * MB), stage(3)])
    assert (second.seconds, second.limit) == (100.0, "link of gpu-02")


@pytest.mark.parametrize(
    ("disk", "one", "seconds", "unknown"),
    [
        (None, stage(2, link=None, load=None), None, ("disk of gpu-01", "link of gpu-02", "load of gpu-02")),
        (None, stage(2), 20.0, ("disk of gpu-01",)),
        (GB, stage(2, load=None), 10.0, ("load of gpu-02",)),
    ],
)
def test_a_rate_that_is_not_known_is_not_invented(
    disk: float | None, one: Stage, seconds: float | None, unknown: tuple[str, ...]
) -> None:
    (found, _together) = expect("gpu-01", disk, [one])
    assert (found.seconds, found.unknown) == (seconds, unknown)


def test_nothing_is_expected_of_no_host() -> None:
    assert expect("gpu-01", None, []) == []
    assert expected_table([], {}, "layers") == []


@pytest.mark.parametrize(
    ("rates", "reported", "link"),
    [
        ({}, None, None),
        ({}, 125 * MB, 125 * MB),
        ({"link": 90 * MB, "link at least": 80 * MB}, 125 * MB, 90 * MB),
        ({"link at least": 80 * MB}, 125 * MB, 125 * MB),
        ({"link at least": 80 * MB}, None, 80 * MB),
    ],
)
def test_the_rate_of_a_link_is_the_best_that_is_known(
    rates: dict[str, float], reported: float | None, link: float | None
) -> None:
    assert stage_of("gpu-02", 1, CLASSIC, rates, reported).link == link


def test_the_rate_of_a_disk_was_its_own_or_at_least_that() -> None:
    assert disk_of({}) is None
    assert disk_of({"disk at least": 5.0}) == 5.0
    assert disk_of({"disk": 3.0, "disk at least": 5.0}) == 3.0


def came(seconds: float = 10.0, size: int = 10 * GB, **busy: float) -> dict[str, Any]:
    return {"seconds": seconds, "bytes_sent": size, "busy": busy}


@pytest.mark.parametrize(
    ("measured", "figures", "limits"),
    [
        ({"read": 1, "send": 9}, [came(load=9, window=8)], ["load of gpu-02"]),
        ({"read": 1, "send": 9}, [came(load=2, receive=9)], ["link of gpu-02"]),
        ({"read": 9, "send": 1}, [came(load=2, receive=9)], ["disk of gpu-01"]),
        ({"read": 9, "send": 1}, [came(receive=9), came(receive=9)], ["disk of gpu-01", "disk of gpu-01"]),
        ({"read": 1, "send": 9}, [came(receive=9), came(receive=9)], ["link of gpu-02", "link of gpu-02"]),
        ({"read": 1, "send": 9}, [came(window=9), came(load=9)], ["the hosts after gpu-02", "load of gpu-03"]),
        ({"read": 1, "send": 9}, [came(load=9), came(receive=9)], ["load of gpu-02", "load of gpu-02"]),
        ({}, [came(load=3, receive=3)], [""]),
        ({}, [], ["", ""]),
    ],
)
def test_what_limited_is_where_the_time_went(
    measured: dict[str, float], figures: list[dict[str, Any]], limits: list[str]
) -> None:
    chain = [stage(number) for number, _limit in enumerate(limits, 2)]
    by_host = {one.host: figure for one, figure in zip(chain, figures, strict=False)}
    assert list(found_limits("gpu-01", measured, chain, by_host).values()) == limits


def test_only_what_limited_gives_a_rate_and_the_rest_a_bound() -> None:
    chain = [stage(2), stage(3)]
    figures = {"gpu-02": came(load=8.0), "gpu-03": came(20.0, receive=20.0, load=10.0)}
    limits = {"gpu-02": "load of gpu-02", "gpu-03": "link of gpu-03"}
    assert learned("gpu-01", chain, figures, limits, {"gpu-01": {"disk at least": 2 * GB}}) == {
        "gpu-01": {},
        "gpu-02": {CLASSIC: 1.25 * GB, "link at least": GB},
        "gpu-03": {CLASSIC: GB, "link": 500 * MB, "link at least": None},
    }


def test_the_disk_of_the_source_is_kept_there() -> None:
    found = learned("gpu-01", [stage(2)], {"gpu-02": came()}, {"gpu-02": "disk of gpu-01"}, {})
    assert found == {
        "gpu-01": {"disk": GB, "disk at least": None},
        "gpu-02": {"link at least": GB},
    }


@pytest.mark.parametrize(
    ("known", "limit", "kept"),
    [
        ({"link": 100 * MB}, "load of gpu-02", {"link": None, "link at least": GB}),
        ({"link": 100 * MB, "link at least": 2 * GB}, "load of gpu-02", {"link": None}),
        ({"link": 2 * GB}, "load of gpu-02", {}),
        ({"link at least": 2 * GB}, "load of gpu-02", {}),
        ({"link at least": 2 * GB}, "link of gpu-02", {"link": GB, "link at least": None}),
    ],
)
def test_what_a_transfer_contradicts_is_forgotten(
    known: dict[str, float], limit: str, kept: dict[str, float | None]
) -> None:
    found = learned("gpu-01", [stage(2)], {"gpu-02": came()}, {"gpu-02": limit}, {"gpu-02": known})
    assert found["gpu-02"] == kept


def test_a_small_transfer_teaches_nothing() -> None:
    assert learned("gpu-01", [stage(2)], {"gpu-02": came(size=MB)}, {}, {}) == {}
    assert learned("gpu-01", [stage(2)], {}, {}, {}) == {}


def test_the_table_before_the_first_byte() -> None:
    chain = [stage(2), stage(3, load=None), Stage("gpu-04", 10 * GB)]
    totals = {one.host: Total(3, one.bytes, "10-12 of 12") for one in chain}
    assert expected_table(expect("gpu-01", GB, chain[:1]), totals, "layers") == [
        "host    layers       bytes     seconds expected  limited by      MB/s",
        "gpu-02  10-12 of 12  10.00 GB  20.0              load of gpu-02  500.0",
        "20 s are expected, limited by the load of gpu-02.",
    ]
    assert expected_table(expect("gpu-01", None, chain), totals, "layers")[1:] == [
        "gpu-02  10-12 of 12  10.00 GB  20.0 or more      load of gpu-02  unknown",
        "gpu-03  10-12 of 12  10.00 GB  19.7 or more      load of gpu-02  unknown",
        "gpu-04  10-12 of 12  10.00 GB  19.5 or more      load of gpu-02  unknown",
        "At least 20 s are expected, limited by the load of gpu-02 as far as is known.",
        "Not known yet: the disk of gpu-01, the load of gpu-03…04, the link of gpu-04. "
        "What this transfer shows of it is kept.",
    ]
    unknown = expected_table(expect("gpu-01", None, [Stage("gpu-04", 10 * GB)]), totals, "layers")
    assert unknown[1] == "gpu-04  10-12 of 12  10.00 GB  unknown           unknown     unknown"
    assert unknown[2].startswith("Not known yet: the disk of gpu-01, the link of gpu-04, the load of gpu-04.")
