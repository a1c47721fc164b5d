# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: complete an inventory that exists, by lines that are put into its text, so that nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from yaml.nodes import MappingNode, Node, ScalarNode

from .new_files import HOSTS, host_lines, trainer_line

_PLACES = (
    ("gpu_hosts", "children", "workers", "hosts"),
    ("all", "children", "gpu_hosts", "children", "workers", "hosts"),
)


def with_hosts(text: str, hosts: Mapping[str, str]) -> str:
    """Return the text of C(hosts.yml) with the hosts that it lacks, as workers.

    Raise PlanError where it has a host with another address, or no place for more hosts that is certain.
    """
    tree = _parsed(text, HOSTS)
    known = dict(_hosts_in(tree))
    for name, address in hosts.items():
        has = known.get(name)
        if address and has is not None and has != address:
            raise PlanError(
                f"{HOSTS} has the host {name} with ansible_host: {has or name}, and {address} was given. Correct the "
                "one that is wrong."
            )
    missing = {name: address for name, address in hosts.items() if name not in known}
    if not missing:
        return text
    line, indent = _place(tree, list(missing))
    new = [one for name, address in missing.items() for one in host_lines(name, address, indent)]
    lines = text.splitlines()
    completed = "\n".join([*lines[:line], *new, *lines[line:]]) + "\n"
    if dict(_hosts_in(_parsed(completed, HOSTS))) != {**known, **missing}:
        raise _no_place(list(missing))
    return completed


def with_trainer(text: str, trainer: str, others: Mapping[str, str]) -> str:
    """Return the text of a file of variables with this trainer.

    ``others`` are the texts of all files that hold for every host, by their names. Raise PlanError where one of them
    has another trainer.
    """
    said = {name: trainer_of(other, name) for name, other in others.items()}
    if not trainer or trainer in said.values():
        return text
    for name, has in said.items():
        if has:
            raise PlanError(f"{name} says trainer: {has}, and {trainer} was given. Change it there, or leave one out.")
    return f"{text.rstrip()}\n\n{trainer_line(trainer)}\n" if text.strip() else f"---\n{trainer_line(trainer)}\n"


def trainer_of(text: str, name: str) -> str:
    """Return the trainer of a file of variables; empty where it says none."""
    found = _child(_parsed(text, name), "trainer")
    return str(found.value) if isinstance(found, ScalarNode) else ""


def _parsed(text: str, name: str) -> Node | None:
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise PlanError(
            f"{name} is no YAML: {' '.join(str(error).split())}. Correct it, or name another directory."
        ) from error
    if tree is not None and not isinstance(tree, MappingNode) and tree.value:
        raise PlanError(f"{name} is no mapping of names to values. Correct it, or name another directory.")
    return tree


def _child(node: Node | None, key: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _hosts_in(node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield every host of every group, with its C(ansible_host) or an empty text."""
    for name, value in node.value if isinstance(node, MappingNode) else []:
        if name.value == "hosts" and isinstance(value, MappingNode):
            for host, variables in value.value:
                address = _child(variables, "ansible_host")
                yield str(host.value), str(address.value) if address else ""
        elif name.value != "vars":
            yield from _hosts_in(value)


def _place(tree: Node | None, missing: list[str]) -> tuple[int, int]:
    """Return the number of the line before which hosts are put, and their indentation."""
    for path in _PLACES:
        node: Node | None = tree
        key: Any = None
        for name in path:
            pairs = node.value if isinstance(node, MappingNode) else []
            key, node = next((pair for pair in pairs if pair[0].value == name), (None, None))
        if isinstance(node, MappingNode) and not node.flow_style and node.value:
            return _last_line(node) + 1, node.value[0][0].start_mark.column
        if key is not None and isinstance(node, ScalarNode) and not node.value:
            return key.start_mark.line + 1, key.start_mark.column + 2
    raise _no_place(missing)


def _last_line(node: Node) -> int:
    """Return the line of the last key or value; what follows is a comment or something else."""
    if isinstance(node, MappingNode) and not node.flow_style:
        key, value = node.value[-1]
        is_empty = isinstance(value, ScalarNode) and not value.value
        return key.end_mark.line if is_empty else _last_line(value)
    mark = node.end_mark
    return mark.line - 1 if mark.column == 0 else mark.line


def _no_place(missing: list[str]) -> PlanError:
    return PlanError(
        f"{HOSTS} has no group workers in gpu_hosts whose hosts stand one below the other, so that there is no certain "
        f"place for {', '.join(missing)}. Add {'it' if len(missing) == 1 else 'them'} there by hand."
    )
