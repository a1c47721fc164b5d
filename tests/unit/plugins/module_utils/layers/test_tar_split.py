# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import base64
import io
import json
import os
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.layers.stored import Unreadable
from ansible_collections.distrain.cluster.plugins.module_utils.layers.tar_split import (
    FileContent,
    Segment,
    parts_of,
    size_of,
)
from ansible_collections.distrain.cluster.tests.unit.support.stored_images import gzipped, layer, packed, tar_split

SEGMENT = {"type": 2, "payload": "YWJj", "position": 0}
FILE = {"type": 1, "name": "./a//b", "size": 3, "payload": "AAAAAAAAAAA=", "position": 0}


def parts(*entries: Any) -> list[Segment | FileContent]:
    return list(parts_of(io.BytesIO(packed(entries))))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (SEGMENT, Segment(b"YWJj")),
        ({"position": 0, "payload": "YWJj", "type": 2}, Segment(b"YWJj")),
        (FILE, FileContent(b"./a//b", 3)),
        ({**FILE, "name": "/\u00fc"}, FileContent("/\u00fc".encode(), 3)),
        ({**FILE, "name": "", "name_raw": base64.b64encode(b"n\xff/x").decode()}, FileContent(b"n\xff/x", 3)),
        ({"type": 1, "name": "dev/null", "payload": None, "position": 0}, None),
        ({**FILE, "name": "../up", "size": 0}, None),
        ({**SEGMENT, "payload": ""}, None),
    ],
)
def test_an_entry(entry: dict[str, Any], expected: Segment | FileContent | None) -> None:
    assert parts(entry) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({**SEGMENT, "type": 3}, "line 1 of its tar-split.json.gz is of an unknown kind"),
        ({**SEGMENT, "version": 2}, "line 1 of its tar-split.json.gz is of an unknown kind"),
        ([], "line 1 of its tar-split.json.gz is of an unknown kind"),
        ({**SEGMENT, "position": 1}, "line 1 of its tar-split.json.gz is damaged .it is out of order"),
        ({"type": 2, "payload": "YWJj"}, "is damaged .'position'"),
        ({**SEGMENT, "payload": None}, "is damaged"),
        ({**SEGMENT, "payload": "\u00fc"}, "is damaged"),
        ({**SEGMENT, "payload": "YWJ"}, "is damaged"),
        ({**FILE, "size": -1}, "is damaged .a size of -1"),
        ({**FILE, "size": "3"}, "is damaged .a size of 3"),
        ({**FILE, "name": "a/../../b"}, "has the name b'a/../../b'"),
        ({**FILE, "name": "a\0b"}, "has the name"),
        ({**FILE, "name": "."}, "has the name"),
        ({**FILE, "name": None}, "is damaged"),
        ({**FILE, "name_raw": "%"}, "has the name"),
        ("text", "is of an unknown kind"),
    ],
)
def test_an_entry_that_is_refused(entry: Any, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        [part.content() if isinstance(part, Segment) else part.path() for part in parts(entry)]


@pytest.mark.parametrize(
    "damaged",
    [
        packed([SEGMENT])[:-4],
        packed([SEGMENT])[:-8] + bytes(8),
        b"no gzip at all",
        gzipped(b'{"type":2,'),
        gzipped(b"[" * 100_000),
    ],
)
def test_a_damaged_file(damaged: bytes) -> None:
    with pytest.raises(Unreadable, match=r"tar-split\.json\.gz is (damaged|of an unknown kind)"):
        list(parts_of(io.BytesIO(damaged)))


@pytest.mark.parametrize("name", [b"a/b", b"./a//b", b"/a/./b/"])
def test_a_path(name: bytes) -> None:
    assert FileContent(name, 1).path() == (b"a", b"b")


def test_the_size_is_that_of_the_tar_file() -> None:
    content = layer({"a": os.urandom(1000), "b/" + "c" * 200: b"", "d": b"e" * 513}, [("f", "a")])
    entries = tar_split(content)
    assert size_of(io.BytesIO(packed(entries))) == len(content)
    assert size_of(io.BytesIO(gzipped("".join(f"{json.dumps(one)}\n" for one in entries).encode()))) == len(content)
    assert size_of(io.BytesIO(gzipped(b""))) == 0
