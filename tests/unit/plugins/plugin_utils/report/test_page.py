# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report's pages: they are written whatever is missing or damaged, and let nothing in from outside."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.distrain.cluster.plugins.lookup.report_page import report_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.cluster import cluster_page
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.files import read_cluster, read_job
from ansible_collections.distrain.cluster.plugins.plugin_utils.report.job import job_page
from ansible_collections.distrain.cluster.tests.unit.support import report_artifacts
from ansible_collections.distrain.cluster.tests.unit.support.report_artifacts import TEMPLATES

SECTIONS = {
    "sft": {
        "timeline",
        "curves",
        "events",
        "saving",
        "hosts",
        "parity",
        "plan",
        "matrix",
        "check",
        "settings",
        "sources",
    },
    "": {"matrix", "plan", "findings", "check", "hosts", "parity", "jobs", "sources"},
}
ALLOWED = set(
    "html head meta title style body header p h1 span dl div dt dd small nav a main section h2 ul li code pre table"
    " caption thead tbody tr th td figure figcaption b svg line text path g rect i footer".split()
)
VOID = {"meta"}


class Page(HTMLParser):
    """The elements, their attributes, and whether each one is closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def ids(self) -> set[str]:
        return {str(attributes["id"]) for _tag, attributes in self.tags if "id" in attributes}


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    report_artifacts.write_all(tmp_path)
    return tmp_path


@pytest.mark.parametrize("job", SECTIONS)
def test_every_section_is_there(artifacts: Path, job: str) -> None:
    text = report_page(artifacts, job, TEMPLATES)
    page = Page(text)
    assert page.ids() == SECTIONS[job]
    assert page.open == []
    assert {tag for tag, _attributes in page.tags} <= ALLOWED
    assert report_page(artifacts, job, TEMPLATES) == text, "the same artifacts give the same page"


@pytest.mark.parametrize("job", SECTIONS)
def test_nothing_from_outside_becomes_markup(artifacts: Path, job: str) -> None:
    report_artifacts.poison(artifacts)
    text = report_page(artifacts, job, TEMPLATES)
    page = Page(text)
    assert "<script" not in text
    assert "alert(1)" in page.text
    assert {tag for tag, _attributes in page.tags} <= ALLOWED
    names = {name for _tag, attributes in page.tags for name in attributes}
    assert not {name for name in names if name.startswith("on") or name == "style"}
    assert all(str(one["href"]).startswith("#") for tag, one in page.tags if tag == "a")


@pytest.mark.parametrize("job", SECTIONS)
def test_the_page_may_load_nothing(artifacts: Path, job: str) -> None:
    page = Page(report_page(artifacts, job, TEMPLATES))
    policy = next(one["content"] for _tag, one in page.tags if one.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
    names = {name for _tag, attributes in page.tags for name in attributes}
    assert not names & {"src", "srcset", "xlink:href", "action"}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"hosts": 3, "plan": {}, "results": [], "image": "x", "began": "soon", "matrix": [1]}'],
    ids=["empty", "cut", "list", "null", "other kinds"],
)
@pytest.mark.parametrize("job", SECTIONS)
def test_damaged_files_are_reported(artifacts: Path, job: str, content: str) -> None:
    for path in artifacts.rglob("*.json*"):
        path.write_text(content)
    page = Page(report_page(artifacts, job, TEMPLATES))
    assert page.ids() == SECTIONS[job]


VALUES = ["a text", [1, "b"], {"c": None}, True, 1e308, -1, None]


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("name", ["sft/job.json", "preflight.json", "overlay-matrix.json", "network-check.json"])
def test_any_field_may_be_of_another_kind(tmp_path: Path, name: str, value: Any) -> None:
    report_artifacts.write_all(tmp_path)
    (tmp_path / "sft" / "watch.jsonl").unlink()
    fields = json.loads((tmp_path / name).read_text())
    for field in fields:
        (tmp_path / name).write_text(json.dumps({**fields, field: value}))
        job_page(read_job(tmp_path, "sft"))
        cluster_page(read_cluster(tmp_path))


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("job", SECTIONS)
def test_any_value_may_be_of_another_kind(artifacts: Path, job: str, value: Any) -> None:
    for path in artifacts.rglob("*.json"):
        path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_text()), value)))
    for path in artifacts.rglob("trainer_log.jsonl"):
        path.write_text(json.dumps({"current_steps": value, "loss": value, "elapsed_time": value}))
    look = {"at": value, "ranks": [{"host": value, "rank": value, "step": value, "loss": value}]}
    event = {"at": value, "kind": value, "host": value, "rank": value, "text": value}
    for name, one in (("watch", look), ("events", event)):
        (artifacts / "sft" / f"{name}.jsonl").write_text(json.dumps(one))
    assert Page(report_page(artifacts, job, TEMPLATES)).open == []


def test_a_job_of_which_there_is_only_a_directory(tmp_path: Path) -> None:
    (tmp_path / "sft").mkdir()
    page = Page(report_page(tmp_path, "sft", TEMPLATES))
    assert page.ids() == SECTIONS["sft"]
    for name in ("sft/job.json", "sft/watch.jsonl", "sft/events.jsonl", "overlay-matrix.json"):
        assert name in page.text


def test_a_job_of_which_there_is_only_a_log(artifacts: Path) -> None:
    for name in ("job.json", "watch.jsonl", "events.jsonl"):
        (artifacts / "sft" / name).unlink()
    page = job_page(read_job(artifacts, "sft"))
    assert page.timeline is None
    assert [chart.title for chart in page.charts] == ["Loss", "Throughput"]
    assert {one.label: one.value for one in page.head.figures}["Steps"] == "600"


def test_lines_that_are_cut_are_counted(artifacts: Path) -> None:
    with (artifacts / "sft" / "watch.jsonl").open("a") as stream:
        stream.write('{"at": 17')
    assert "1 of 366 lines" in Page(report_page(artifacts, "sft", TEMPLATES)).text


@pytest.mark.parametrize("job", ["sfft", "..", "sft/gpu-01", "/etc"])
def test_a_job_that_is_not_there_is_refused(artifacts: Path, job: str) -> None:
    with pytest.raises(AnsibleLookupError, match=r"report_job: found .*, of which .* Set it to one .*: sft\."):
        report_page(artifacts, job, TEMPLATES)


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnsibleLookupError, match=r"report_artifacts_directory: .* is no directory"):
        report_page(tmp_path / "nowhere", "", TEMPLATES)
