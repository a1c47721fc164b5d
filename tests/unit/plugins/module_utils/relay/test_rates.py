# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host knows of how fast it is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.relay import rates
from ansible_collections.distrain.cluster.plugins.module_utils.relay.rates import RateRecord, reported_links
from ansible_collections.distrain.cluster.plugins.module_utils.relay.stopwatch import Stopwatch


def test_what_is_kept_is_there_beside_what_was(tmp_path: Path) -> None:
    record = RateRecord(str(tmp_path / "distrain/transfers.json"))
    assert record.read() == {}
    record.keep({"link": 5, "load classic": 7})
    record.keep({"link": 6, "disk": None})
    record.keep({"disk": 9})
    record.keep({"disk": None})
    assert record.read() == {"link": 6.0, "load classic": 7.0}
    assert (tmp_path / "distrain/transfers.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "x", "b": -1, "c": true, "d": null}', "\0"])
def test_a_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "record").write_text(content)
    assert RateRecord(str(tmp_path / "record")).read() == {}


def test_a_record_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = RateRecord(str(tmp_path / "record"))
    record.keep({"link": 5})
    user = os.geteuid() + 1
    monkeypatch.setattr(rates.os, "geteuid", lambda: user)
    assert record.read() == {}


def test_where_nothing_can_be_kept_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    RateRecord(str(tmp_path / "file/record")).keep({"link": 5})


def interface(name: str, address: str, kind: str = "") -> dict[str, Any]:
    more = {"linkinfo": {"info_kind": kind}} if kind else {}
    return {"ifname": name, "addr_info": [{"local": address, "prefixlen": 24}], **more}


def test_only_a_wire_has_a_speed() -> None:
    found = [
        interface("eth0", "10.0.0.1"),
        interface("bond0", "10.1.0.1", "bond"),
        interface("eth1", "10.2.0.1", "veth"),
        interface("eth2", "10.3.0.1"),
    ]
    speeds = {"eth0": 25_000, "bond0": 200_000, "eth1": 10_000, "eth2": None}
    hardware = {name: {"speed_mbits": speed} for name, speed in speeds.items()}
    assert reported_links(json.dumps(found), hardware.__getitem__) == {"10.0.0.1": 3.125e9, "10.1.0.1": 25e9}
    assert reported_links("") == {}


def test_a_stopwatch_sums_by_part_also_where_something_fails() -> None:
    now = iter([1.0, 3.0, 10.0, 10.5, 20.0, 21.0])
    watch = Stopwatch(lambda: next(now))
    with watch.running("load"):
        pass
    with pytest.raises(ValueError), watch.running("load"):
        raise ValueError
    with watch.running("read"):
        pass
    assert watch.seconds() == {"load": 2.5, "read": 1.0}
