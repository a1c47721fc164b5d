# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A second entry of a repository is found before anything is written: taken over, or named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.apt import sources as apt_sources
from ansible_collections.distrain.cluster.plugins.module_utils.apt.entries import entries
from ansible_collections.distrain.cluster.plugins.module_utils.apt.plan import AptState, plan_source
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.modules import apt_source
from hypothesis import given, settings
from hypothesis import strategies as st

DIRECTORY = "/etc/apt/sources.list.d/"
DOCKER = "https://download.docker.com/linux/debian"
NVIDIA = "https://nvidia.github.io/libnvidia-container/stable/deb"
OURS = f"""# Written by the role distrain.cluster.docker
Types: deb
URIs: {DOCKER}
Suites: trixie
Components: stable
Architectures: amd64
Signed-By: /etc/apt/keyrings/docker.asc
"""
FLAT = f"Types: deb\nURIs: {NVIDIA}/amd64\nSuites: /\nSigned-By: /etc/apt/keyrings/nvidia-container-toolkit.asc\n"
KEY = "/etc/apt/keyrings/docker.asc"


def params(content: str = OURS, **more: Any) -> dict[str, Any]:
    path = f"{DIRECTORY}docker.sources"
    return {
        **{"path": path, "content": content, "architecture": "amd64", "key_path": KEY, "key": "k"},
        **{"variable": "docker_repository_url", **more},
    }


def changed(name: str, text: str, content: str = OURS) -> str:
    """What becomes of another source file."""
    state = AptState({f"{DIRECTORY}{name}": text})
    return plan_source(state, params(content)).after.get(f"{DIRECTORY}{name}", text)


@pytest.mark.parametrize(
    ("name", "text", "content"),
    [
        ("docker.list", f"deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.gpg] {DOCKER} trixie stable", OURS),
        ("docker.list", f"deb {DOCKER}/ trixie stable # by hand", OURS),
        ("x.list", f"deb [signed-by=/usr/share/keyrings/n.gpg] {NVIDIA}/$(ARCH) /", FLAT),
        ("x.list", f"deb [signed-by=/usr/share/keyrings/n.gpg] {NVIDIA}/amd64/ /", FLAT),
        ("o.sources", OURS.replace("docker.asc", "docker.gpg"), OURS),
        ("o.sources", f"Types: deb\nEnabled: yes\nURIs:\n {DOCKER}/\nSuites: trixie\nComponents: stable\n", OURS),
    ],
)
def test_another_entry_of_the_same_repository_is_taken_over(name: str, text: str, content: str) -> None:
    assert entries(name, text, "amd64")
    result = changed(name, text, content)
    assert entries(name, result, "amd64") == []
    assert "Out of use: /etc/apt/sources.list.d/docker.sources has this repository." in result


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.list", f"#deb [signed-by=x] {DOCKER} trixie stable\n"),
        ("a.list", f"deb {DOCKER} bookworm stable\n"),
        ("a.list", "deb cdrom:[Debian 13 _Trixie_ - amd64]/ trixie main\n"),
        ("a.list", "deb http://deb.debian.org/debian trixie main\n"),
        ("a.sources", OURS.replace("Types", "Enabled: no\nTypes")),
        ("a.sources", "nonsense\n\n : \n x\n"),
    ],
)
def test_every_other_entry_stays_as_it_is(name: str, text: str) -> None:
    assert changed(name, text) == text


def test_the_other_entries_of_a_file_stay() -> None:
    debian = "deb http://deb.debian.org/debian trixie main"
    result = changed("mixed.list", f"{debian}\ndeb {DOCKER} trixie stable\n")
    assert [one.suites for one in entries("mixed.list", result, "amd64")] == [("trixie",)]
    stanza = "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie\nComponents: main\nEnabled: yes\n"
    result = changed("mixed.sources", f"{OURS}\n{stanza}")
    assert [one.uris for one in entries("mixed.sources", result, "amd64")] == [("http://deb.debian.org/debian",)]
    assert "Enabled: yes" in result


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.list", f"\ndeb {DOCKER} trixie stable test\n", 2),
        ("a.list", f"deb-src {DOCKER} trixie stable\n", 1),
        ("a.list", f"deb [arch=amd64,armhf] {DOCKER} trixie stable\n", 1),
        ("a.sources", OURS.replace("trixie", "trixie bookworm"), 2),
        ("a.sources", OURS.replace("URIs:", "URIs: https://mirror.example.org/debian"), 2),
    ],
)
def test_an_entry_with_more_is_named_and_nothing_is_written(name: str, text: str, line: int) -> None:
    with pytest.raises(PlanError) as refusal:
        changed(name, text)
    for words in [f"{DIRECTORY}{name}, line {line}", "docker_repository_url", "Nothing was changed"]:
        assert words in refusal.value.message


def test_our_own_file_may_hold_no_repository_of_others() -> None:
    path = f"{DIRECTORY}docker.sources"
    by_the_guide = OURS.split("\n", 1)[1]
    assert plan_source(AptState({path: by_the_guide}), params()).changes
    more = f"{by_the_guide}\nTypes: deb\nURIs: https://example.org\nSuites: /\n"
    with pytest.raises(PlanError, match=r"line 8.*https://example\.org"):
        plan_source(AptState({path: more}), params())
    former = OURS.replace(DOCKER, "https://mirror.example.org")
    assert plan_source(AptState({path: former}), params()).changes


def test_others_are_written_before_ours_and_nothing_the_second_time() -> None:
    other = f"{DIRECTORY}docker.list"
    plan = plan_source(AptState({other: f"deb {DOCKER} trixie stable\n"}), params())
    assert list(plan.steps[0].arguments) == [KEY, other, f"{DIRECTORY}docker.sources"]
    after = {path: text for path, text in plan.after.items() if path != KEY}
    assert not plan_source(AptState(after, key="k"), params()).changes


def test_sources_that_apt_cannot_read_are_named() -> None:
    state = AptState({f"{DIRECTORY}docker.sources": OURS}, key="k", error="Malformed entry 1 in list file a.list.")
    with pytest.raises(PlanError, match="Malformed entry 1"):
        plan_source(state, params())


@given(st.text(alphabet=st.sampled_from(list("deb [src]=,#/:$ \n.\t\u00e9EnabledURIs"))) | st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_is_read(text: str) -> None:
    for name in ("a.list", "a.sources"):
        entries(name, text, "amd64")
        changed(name, text)


@pytest.mark.parametrize("error", ["", "Conflicting values set for option Signed-By."])
def test_what_apt_cannot_read_is_put_back(
    error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_module: Any
) -> None:
    sources = tmp_path / "sources.list"
    other = tmp_path / "sources.list.d" / "docker.list"
    other.parent.mkdir()
    other.write_text(f"deb {DOCKER} trixie stable\n")
    ours = tmp_path / "sources.list.d" / "docker.sources"
    monkeypatch.setattr(apt_sources, "apt_error", lambda: error if ours.exists() else "")
    arguments = params(path=str(ours), key_path=str(tmp_path / "keyrings" / "docker.asc"), sources=str(sources))
    result = run_module(apt_source, **arguments)
    if error:
        assert error in result["msg"] and "put back" in result["msg"]
        assert other.read_text() == f"deb {DOCKER} trixie stable\n"
        assert not ours.exists()
    else:
        assert result["changed"] and ours.read_text() == OURS
        assert not run_module(apt_source, **arguments)["changed"]
