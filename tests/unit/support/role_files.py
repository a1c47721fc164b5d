# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles as files: their options, their ranges, and the Jinja in their YAML and templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from jinja2 import Environment
from jinja2.lexer import TOKEN_INTEGER, TOKEN_NAME, TOKEN_STRING

ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())

# Their values are Jinja without braces.
EXPRESSIONS = {"when", "that", "until", "failed_when", "changed_when", "break_when", "var"}
ENVIRONMENT = Environment()
# What says where something is, and what joins values: no description needs their names.
NOT_DESCRIBED = {"groups", "role_path", "playbook_dir", "ansible_playbook_python", "if", "else"}
JINJA = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)


@cache
def load(path: Path) -> Any:
    return (yaml.safe_load(path.read_text()) or {}) if path.is_file() else {}


def entry_points(role: Path) -> dict[str, dict[str, Any]]:
    """The options of each entry point, by its name."""
    specs = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return {name: spec.get("options", {}) for name, spec in specs.items()}


def all_options(role: Path) -> dict[str, Any]:
    return {name: option for options in entry_points(role).values() for name, option in options.items()}


def ranges(role: Path) -> dict[str, dict[str, float]]:
    return load(role / "meta" / "argument_ranges.yml")


def jinja_of(path: Path) -> Iterator[str]:
    """Every piece of Jinja in a YAML file or in a template."""
    text = path.read_text()
    if path.suffix == ".j2":
        yield from JINJA.findall(text)
        return
    yield from _jinja_of_node(load(path), is_expression=False)


def _jinja_of_node(node: Any, is_expression: bool) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _jinja_of_node(value, is_expression=key in EXPRESSIONS)
    elif isinstance(node, list):
        for value in node:
            yield from _jinja_of_node(value, is_expression)
    elif isinstance(node, str):
        yield from ["{{ " + node + " }}"] if is_expression else JINJA.findall(node)


def names_of(jinja: str) -> Iterator[str]:
    """The names that this Jinja reads, attributes and named arguments left out."""
    tokens = [token for token in ENVIRONMENT.lex(jinja) if token[1] != "whitespace"]
    for index, (_line, kind, text) in enumerate(tokens):
        before = tokens[index - 1][2] if index else ""
        after = tokens[index + 1][2] if index + 1 < len(tokens) else ""
        if kind == TOKEN_NAME and before not in (".", "|") and not (after == "=" and before in ("(", ",")):
            yield text


def words_of(jinja: str) -> Iterator[str]:
    """The variables and the constants from which this Jinja computes a value, without those that say nothing."""
    yield from set(names_of(jinja)) - NOT_DESCRIBED
    for _line, kind, text in ENVIRONMENT.lex(jinja):
        if kind == TOKEN_STRING:
            yield text.strip("'")
        elif kind == TOKEN_INTEGER and text != "0":
            yield text
