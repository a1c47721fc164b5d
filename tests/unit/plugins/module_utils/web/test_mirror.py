# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a mirror answers is read within its time, whatever it does."""

from __future__ import annotations

import gzip
import lzma
import time
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.web import mirror
from ansible_collections.distrain.cluster.plugins.module_utils.web.fetch import ask_all
from ansible_collections.distrain.cluster.plugins.module_utils.web.mirror import ask_mirrors
from ansible_collections.distrain.cluster.plugins.module_utils.web.repository import (
    is_expired,
    missing_packages,
    release_fields,
    unpacked,
)
from ansible_collections.distrain.cluster.tests.unit.support.mirror_server import HANGS, TRICKLES, mirror_server

RELEASE = b"""\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Origin: Docker
Suite: trixie
Date: Mon, 01 Dec 2025 10:00:00 UTC
"""
EXPIRED = RELEASE + b"Valid-Until: Mon, 08 Dec 2025 10:00:00 UTC\n"
INDEX = b"""\
Package: tool
Version: 1.17.8-1

Package: tool
Version: 1.18.1-1
Depends: x (>= 1)

Package: other
Version: 2
"""
TIMEOUT = 0.6


@pytest.fixture(autouse=True)
def _no_proxy_of_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "_proxies_of_apt", lambda: {})


def ask(files: dict[str, Any], kind: str = "apt", packages: dict[str, str] | None = None) -> dict[str, Any]:
    with mirror_server(files) as address:
        question = {"name": "m", "kind": kind, "url": f"{address}/InRelease", "index": f"{address}/Packages"}
        (answer,) = ask_mirrors([{**question, "packages": packages or {}}], TIMEOUT)
        # Far below what a server that hangs takes, and far above what a busy machine adds.
        assert answer["seconds"] < TIMEOUT + 4
        return answer


def test_a_repository_that_is_well() -> None:
    answer = ask({"/InRelease": RELEASE, "/Packages.gz": gzip.compress(INDEX)}, packages={"tool": "1.18.1-1"})
    assert (answer["status"], answer["missing"], answer["is_expired"]) == (200, {}, False)
    assert answer["fields"] == {"Origin": "Docker", "Suite": "trixie", "Date": "Mon, 01 Dec 2025 10:00:00 UTC"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, {"status": 404, "said": "Not Found"}, id="404"),
        pytest.param({"/InRelease": HANGS}, {"status": None, "said": "nothing came"}, id="hangs"),
        pytest.param({"/InRelease": TRICKLES}, {"status": None}, id="a byte now and then"),
        pytest.param(
            {"/InRelease": b"\n<html>Log in</html>"}, {"fields": {}, "begins": "<html>Log in</html>"}, id="login"
        ),
        pytest.param({"/InRelease": EXPIRED}, {"status": 200, "is_expired": True}, id="expired"),
        pytest.param(
            {"/InRelease": RELEASE, "/Packages.xz": lzma.compress(INDEX)},
            {"missing": {"tool": "1.18.1-1"}},
            id="an older index",
        ),
        pytest.param({"/InRelease": RELEASE}, {"missing": {}}, id="an index that cannot be read"),
        pytest.param({"/InRelease": RELEASE, "/Packages.gz": HANGS}, {"missing": {}}, id="an index that hangs"),
    ],
)
def test_a_mirror_that_is_not_well(files: dict[str, Any], expected: dict[str, Any]) -> None:
    answer = ask(files, packages={"tool": "1.20.0-1"})
    assert {name: answer[name] for name in expected} == expected


def test_a_mirror_that_refuses_and_one_without_a_name() -> None:
    with mirror_server({}) as address:
        pass
    questions = [
        {"name": "a", "kind": "page", "url": f"{address}/", "index": "", "packages": {}},
        {"name": "b", "kind": "page", "url": "file:///etc/passwd", "index": "", "packages": {}},
    ]
    refused, other = ask_mirrors(questions, TIMEOUT)
    assert refused["status"] is None
    assert "refused" in refused["said"]
    assert (other["status"], other["said"]) == (None, "it is no address of HTTP")


def test_the_text_of_a_key_alone_is_returned() -> None:
    assert ask({"/InRelease": b"key"}, kind="key")["text"] == "key"
    assert ask({"/InRelease": b"page"}, kind="page")["text"] == ""


def test_a_question_that_never_ends_is_given_up_and_the_others_are_not() -> None:
    started = time.monotonic()
    assert ask_all([lambda: time.sleep(10), lambda: 1], 0.2) == [None, 1]
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("until", "expected"),
    [("Mon, 08 Dec 2025 10:00:00 UTC", True), ("Mon, 08 Dec 2031 10:00:00 UTC", False), ("soon", False)],
)
def test_until_when_an_index_is_valid(until: str, expected: bool) -> None:
    now = datetime(2026, 12, 1, tzinfo=timezone.utc)
    assert is_expired({"Valid-Until": until}, now) is expected
    assert not is_expired({}, now)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"tool": "1.18.1-1"}, {}),
        ({"tool": "1.18.*", "other": "2"}, {}),
        ({"tool": "1.20.0-1"}, {"tool": "1.18.1-1"}),
        ({"gone": "*"}, {"gone": ""}),
    ],
)
def test_what_an_index_lacks(wanted: dict[str, str], expected: dict[str, str]) -> None:
    assert missing_packages(INDEX.decode(), wanted) == expected


def test_what_is_no_index() -> None:
    assert release_fields("Suite: trixie\n") == {}
    assert unpacked(b"nonsense", ".gz") == unpacked(b"nonsense", ".xz") == ""
