# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guides of the site: every section that a message links to is there, and every name that they mention."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineUnavailable
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import CAUSES, ERRORS, section_of, with_page
from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import RULES
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.role_files import ROLES, all_options
from ansible_collections.distrain.cluster.tests.unit.support.tails import finding_of, tails

GUIDES = ROOT / "docs" / "docsite" / "rst"
PAGES = [*sorted(GUIDES.glob("*.rst")), ROOT / "README.md"]
# A title is underlined over its whole length; its anchor is what docutils makes of it.
TITLE = re.compile(r"^(\w[^\n]*)\n([=~-])\2+$", re.MULTILINE)
ACTIONS = sorted({path.stem for folder in ("modules", "action") for path in (ROOT / "plugins" / folder).glob("*.py")})
VARIABLES = {name for role in ROLES for name in all_options(role)}
PREFIXES = "|".join(sorted(role.name for role in ROLES))
MENTIONED = re.compile(rf"(?<![\w./-])(?:{PREFIXES})_[a-z0-9_]+\b(?![/.(]\w)")

# What C(follow) ends with, beside the kinds of causes.
OTHER_KINDS = {"timeout", "unknown", "hang"}
TASKS = [
    path
    for pattern in ("roles/*/tasks/**/*.yml", "playbooks/*.yml", "playbooks/tasks/*.yml")
    for path in ROOT.glob(pattern)
]
# At the end of a job it is the message of trainer_job_follow, which has a link.
OF_A_JOB = "__trainer_launch_lines"


def failures_of(found: Any) -> Iterator[str]:
    """Yield the messages with which tasks fail."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key == "fail_msg":
                yield value
            elif key == "ansible.builtin.fail" and OF_A_JOB not in value["msg"]:
                yield value["msg"]
            elif key != "ansible.builtin.fail":
                yield from failures_of(value)
    elif isinstance(found, list):
        for one in found:
            yield from failures_of(one)


def anchors(page: str) -> list[str]:
    titles = [title for title, _line in TITLE.findall((GUIDES / page).read_text(encoding="utf-8"))]
    return [re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in titles]


@pytest.mark.parametrize("name", ACTIONS)
def test_the_section_of_every_module_is_there(name: str) -> None:
    named = {"role_arguments": "arguments"}.get(name, section_of(f"distrain.cluster.{name}"))
    assert anchors("errors.rst").count(named) == 1


def test_an_engine_that_does_not_answer_has_a_section_whatever_the_module() -> None:
    assert EngineUnavailable("No engine.").section in anchors("errors.rst")


def test_the_section_of_every_cause_is_there() -> None:
    kinds = {finding.kind for tail in tails() if (finding := finding_of(tail))} | {rule.kind for rule in RULES}
    found = anchors("causes.rst")
    assert [kind for kind in sorted(kinds | OTHER_KINDS) if found.count(kind.replace("_", "-")) != 1] == []


def test_the_messages_of_tasks_end_with_a_link_to_a_section() -> None:
    messages = [text for path in TASKS for text in failures_of(yaml.safe_load(path.read_text(encoding="utf-8")))]
    links = {f"See {ERRORS}#{section}" for section in anchors("errors.rst")}
    assert len(messages) > 20
    assert [text for text in messages if f"See {text.rpartition('See ')[2].strip()}" not in links] == []


def test_the_page_of_all_messages_leads_to_sections() -> None:
    # Not by runpy, which asks the finders that ansible-test adds for the path.
    loader = SourceFileLoader("messages", str(ROOT / "docs" / "messages.py"))
    module = module_from_spec(spec_from_loader("messages", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    found = module.all_messages()
    assert set(found) <= set(anchors("errors.rst"))
    assert any("No Docker engine answers at" in text for text in found["engine"])
    assert any("cannot refresh its package lists" in text for text in found["docker"])


def test_a_message_ends_with_its_link() -> None:
    assert with_page("It is off.", "swarm") == f"It is off. See {ERRORS}#swarm"
    assert with_page("It is full.", "gpu_memory", CAUSES) == f"It is full. See {CAUSES}#gpu-memory"


def test_a_link_of_a_message_that_is_quoted_is_left_out() -> None:
    quoted = f"Host gpu-01 cannot be observed: {with_page('No engine.', 'host')}. Start it."
    assert with_page(quoted, "swarm") == f"Host gpu-01 cannot be observed: No engine. Start it. See {ERRORS}#swarm"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_that_a_page_mentions_is_one(page: Path) -> None:
    known = VARIABLES | {role.name for role in ROLES} | set(ACTIONS)
    found = set(MENTIONED.findall(page.read_text(encoding="utf-8")))
    assert sorted(found - known) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_playbook_that_a_page_mentions_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"ansible-playbook distrain\.cluster\.([a-z_]+)", text))
    named |= set(re.findall(r"playbooks/([a-z_]+)\.yml", text))
    assert [name for name in sorted(named) if not (ROOT / "playbooks" / f"{name}.yml").is_file()] == []
