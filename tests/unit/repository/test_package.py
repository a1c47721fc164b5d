# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Galaxy gets: the tarball's files, what the controller needs for them, and the modules of action_groups."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

TOP_LEVEL = {
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSE",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "REUSE.toml",
    "SECURITY.md",
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
# What runs on the controller; of module_utils, sdk.py alone runs in an environment of its own, on hosts.
CONTROLLER = ("action", "callback", "filter", "lookup", "module_utils", "plugin_utils")
ON_HOSTS_ALONE = ROOT / "plugins" / "module_utils" / "engine" / "sdk.py"
# ansible-core brings them.
OF_CORE = {"ansible", "jinja2", "yaml"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The files of a tarball that is built from this tree."""
    target = tmp_path_factory.mktemp("tarball")
    command = [sys.executable, *"-m ansible.cli.galaxy collection build --output-path".split(), str(target), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    with tarfile.open(next(target.glob("*.tar.gz"))) as archive:
        return archive.getnames()


def test_the_top_level_of_the_tarball(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names} <= TOP_LEVEL


def test_the_tarball_holds_no_tests_and_no_hidden_files(names: list[str]) -> None:
    wrong = re.compile(r"(^|/)(\.[^/]+|tests|molecule|fragments|lab|lab_layout\.py|__pycache__)(/|$)")
    assert [name for name in names if wrong.search(name)] == []


def third_party_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported = [node.module or ""]
        else:
            continue
        for name in imported:
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and top != "ansible_collections":
                yield top


def required() -> set[str]:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text().splitlines()
    return {re.split(r"[<>=!~ ]", line)[0] for line in lines if not line.startswith("#")}


def test_an_execution_environment_has_what_the_controller_imports() -> None:
    paths = [path for kind in CONTROLLER for path in (ROOT / "plugins" / kind).rglob("*.py")]
    imported = {name for path in paths if path != ON_HOSTS_ALONE for name in third_party_imports(path)}
    files = [path for top in ("roles", "playbooks") for path in (ROOT / top).rglob("*.yml")]
    if any("json_query" in path.read_text() for path in files):
        imported.add("jmespath")
    assert imported - OF_CORE == required()


def test_the_files_of_an_execution_environment_are_there() -> None:
    definition = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text())
    for path in definition["dependencies"].values():
        assert (ROOT / path).is_file(), path


def fragments(path: Path) -> list[str]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return list(yaml.safe_load(ast.literal_eval(node.value)).get("extends_documentation_fragment", []))
    return []


def test_the_action_group_is_all_modules_that_take_the_options_of_the_engine() -> None:
    modules = sorted((ROOT / "plugins" / "modules").glob("*.py"))
    users = [path.stem for path in modules if "distrain.cluster.engine" in fragments(path)]
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    assert groups == {"engine": users}
