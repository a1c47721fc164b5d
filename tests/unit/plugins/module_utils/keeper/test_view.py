# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper has written, as whoever looks at it gets it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, write_json
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.screen import Screen
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.view import view

KEPT = {"run": "1", "attempt": "a", "phase": "beginning", "restarts": 0, "ranks": [{"host": "gpu-01"}]}


def kept_place(tmp_path: Path) -> Place:
    place = Place("llama-factory", "sft", str(tmp_path))
    place.make()
    write_json(place.keep, KEPT)
    return place


def test_only_what_is_new_is_returned(tmp_path: Path) -> None:
    place = kept_place(tmp_path)
    screen = Screen(place)
    screen.warn("it is slow")
    found = view(place, {}, 0)
    assert (found["state"]["phase"], found["state"]["hosts"]) == ("beginning", ["gpu-01"])
    assert [(line["kind"], line["text"]) for line in found["screen"]] == [("warning", "it is slow")]
    assert view(place, found["marks"], 0)["screen"] == []
    screen.line("it goes on")
    assert [line["text"] for line in view(place, found["marks"], 5)["screen"]] == ["it goes on"]


def test_a_file_that_was_replaced_is_read_from_its_begin_and_half_a_line_later(tmp_path: Path) -> None:
    place = kept_place(tmp_path)
    place.events.write_text('{"at": 1, "kind": "started"}\n{"at": 2')
    found = view(place, {}, 0)
    assert [event["at"] for event in found["events"]] == [1]
    with place.events.open("a") as stream:
        stream.write(', "kind": "ended"}\n')
    assert [event["at"] for event in view(place, found["marks"], 0)["events"]] == [2]
    new = place.events.with_name("new")
    new.write_text(json.dumps({"at": 3}) + "\n[1]\nnonsense\n")
    new.replace(place.events)
    assert [event["at"] for event in view(place, found["marks"], 0)["events"]] == [3]


def test_a_job_that_is_not_kept_here(tmp_path: Path) -> None:
    assert view(Place("llama-factory", "sft", str(tmp_path)), {}, 0)["state"] == {}


def test_all_of_it_is_for_root_alone(tmp_path: Path) -> None:
    place = kept_place(tmp_path)
    Screen(place).progress("step 1", 5.0)
    Screen(place).line("text")
    assert place.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.directory.iterdir()} == {0o600}
