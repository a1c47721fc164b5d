# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a message advises must be something that its reader can set: a role's variable, or what it calls an option."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.settings import SETTINGS, Setting
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.role_files import ROLES, all_options

# Where messages are written.
PROGRAMS = [
    path
    for folder in ("action", "filter", "lookup", "module_utils", "modules", "plugin_utils")
    for path in sorted((ROOT / "plugins" / folder).rglob("*.py"))
]
TASKS = [path for role in ROLES for path in sorted((role / "tasks").rglob("*.yml"))]
MESSAGES = {"msg", "fail_msg", "success_msg"}
NAME = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+"
VERBS = "set|lower|raise|unset|correct|give|choose|leave|use"
ADVISED = re.compile(rf"\b(?:{VERBS})\s+(?:an?\s+)?(?:newer\s+|older\s+|larger\s+)?({NAME})\b", re.IGNORECASE)
VALUE = re.compile(rf"(?<![\w.])({NAME}|rejoin|recreate|force|state): (?:true|false|absent|present)\b")
# "the module's option NAME", "its option NAME" and "the option NAME" say what kind of name it is.
OPTION = re.compile(rf"\boption ({NAME}|rejoin|recreate|force|state)\b")
# Ansible's own variables, and what a job's own settings and its environment hold.
OTHERS = re.compile(
    r"^(ansible_\w+|do_train|per_device_train_batch_size|cutoff_len|ddp_timeout|learning_rate|save_on_each_node"
    r"|CUDA_VISIBLE_DEVICES|NCCL_DEBUG)$"
)


def specified() -> set[str]:
    """Every variable of every role."""
    return {name for role in ROLES for name in all_options(role)}


def documented() -> set[str]:
    """Every option of every module and action."""
    found = set()
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        documentation = next(
            ast.literal_eval(node.value)
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION"
        )
        found |= set(yaml.safe_load(documentation).get("options") or {})
    return found


VARIABLES, OPTIONS = specified(), documented()


def strings_of(tree: ast.AST) -> Iterator[str]:
    """The texts of a program, those with values in them as one; without its documentation."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
            "DOCUMENTATION",
            "EXAMPLES",
            "RETURN",
        ):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        else:
            yield from strings_of(node)


def messages_of(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for key, value in found.items():
            if key in MESSAGES and isinstance(value, str):
                yield " ".join(value.split())
            else:
                yield from messages_of(value)
    elif isinstance(found, list):
        for one in found:
            yield from messages_of(one)


def texts() -> list[tuple[str, str]]:
    found = [(path, strings_of(ast.parse(path.read_text()))) for path in PROGRAMS]
    found += [(path, messages_of(yaml.safe_load(path.read_text()))) for path in TASKS]
    return [(str(path.relative_to(ROOT)), text) for path, some in found for text in some if " " in text]


def advised_names(text: str) -> set[str]:
    return {found[1] for pattern in (ADVISED, VALUE) for found in pattern.finditer(text)}


def test_messages_are_found() -> None:
    names = {name for _place, text in texts() for name in advised_names(text)}
    assert {"swarm_network_mtu", "docker_source", "trainer_launch_share_gpus"} <= names


def test_every_advised_name_is_a_variable_or_is_called_an_option() -> None:
    wrong = [
        f"{place}: {name} in {text!r}"
        for place, text in texts()
        for name in sorted(advised_names(text))
        if name not in VARIABLES and not OTHERS.match(name) and name not in OPTION.findall(text)
    ]
    assert wrong == []


def test_every_name_that_is_called_an_option_is_one_of_a_module() -> None:
    wrong = [(place, name) for place, text in texts() for name in OPTION.findall(text) if name not in OPTIONS]
    assert wrong == []


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.variable)
def test_the_settings_of_the_swarms_messages_have_both_names(setting: Setting) -> None:
    assert setting.option in OPTIONS
    assert setting.variable in VARIABLES
    assert not setting.reset_variable or setting.reset_variable in VARIABLES


def test_a_setting_is_shown_with_both_names() -> None:
    setting = Setting("rejoin", "swarm_rejoin")
    assert str(setting) == "swarm_rejoin (the module's option rejoin)"
    assert setting.to(True) == "swarm_rejoin: true (the module's option rejoin)"
    assert "in the role reset reset_x, the module's option" in Setting("x", "swarm_x", "reset_x").to(True)
