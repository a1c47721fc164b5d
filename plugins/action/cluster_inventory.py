# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write an inventory or complete one; see the documentation of the module of this name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.trainer_preset import preset_files
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.inventory.completion import with_hosts, with_trainer
from ansible_collections.distrain.cluster.plugins.plugin_utils.inventory.new_files import (
    CONFIGURATION,
    HOSTS,
    VARIABLES,
    new_files,
)

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "trainer": {"type": "str", "default": ""},
    "user": {"type": "str", "default": ""},
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class ActionModule(PlayDecision):
    argument_spec = ARGUMENTS

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        directory = Path(arguments["directory"]).absolute()
        hosts = named_hosts(arguments["hosts"])
        preset_files(arguments["trainer"], str(directory))
        try:
            changes = planned(directory, hosts, arguments["trainer"], arguments["user"])
            if not self._task.check_mode:
                for name, (_before, after) in changes.items():
                    write(directory / name, after)
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename} cannot be read or written: {error.strerror}.") from error
        paths = {str(directory / name): texts for name, texts in changes.items()}
        diff = [
            {"before": before, "after": after, "before_header": path, "after_header": path}
            for path, (before, after) in paths.items()
        ]
        return {"changed": bool(changes), "files": list(paths), "diff": diff}


def named_hosts(given: Sequence[str]) -> dict[str, str]:
    """Return the addresses by the names of the hosts, of texts such as C(gpu-01) and C(gpu-01=192.0.2.11)."""
    pairs = [one.strip().partition("=")[::2] for one in given if one.strip()]
    if not pairs:
        raise PlanError("The option hosts is empty. Give the names of the hosts, such as gpu-01,gpu-02=192.0.2.12.")
    for name, address in pairs:
        if not _NAME.fullmatch(name) or (address and re.search(r"[\s#'\"{}\[\]]", address)):
            raise PlanError(
                f"The option hosts has '{name}{'=' if address else ''}{address}'. Give a name, or NAME=ADDRESS, of "
                "letters, digits, dots and dashes."
            )
    names = [name for name, _address in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PlanError(f"The option hosts names {', '.join(twice)} twice. Give each host once.")
    return dict(pairs)


def planned(directory: Path, hosts: Mapping[str, str], trainer: str, user: str) -> dict[str, tuple[str, str]]:
    """Return the texts before and after, by name, of the files that change."""
    new = new_files(hosts, trainer, user)
    before = {name: _text(directory / name) for name in (HOSTS, CONFIGURATION)}
    variables, others = variables_files(directory)
    before[variables] = others.get(variables, "")
    after = {
        HOSTS: with_hosts(before[HOSTS], hosts) if before[HOSTS] else new[HOSTS],
        variables: with_trainer(before[variables], trainer, others) if others else new[VARIABLES],
        # What somebody has configured stays as it is.
        CONFIGURATION: before[CONFIGURATION] or new[CONFIGURATION],
    }
    return {name: (before[name], text) for name, text in after.items() if text != before[name]}


def variables_files(directory: Path) -> tuple[str, dict[str, str]]:
    """Return the name of the file for the trainer, and the texts of all files with variables for every host, by name.

    Of a file, a directory C(all) and a file C(all.yml), Ansible reads the first that is there.
    """
    top = directory / "group_vars"
    if (top / "all").is_dir():
        found = [path for pattern in ("*.yml", "*.yaml") for path in sorted((top / "all").glob(pattern))]
        return "group_vars/all/trainer.yml", {str(path.relative_to(directory)): path.read_text() for path in found}
    name = next((name for name in ("all", "all.yml", "all.yaml") if (top / name).is_file()), "")
    return (f"group_vars/{name}", {f"group_vars/{name}": _text(top / name)}) if name else (VARIABLES, {})


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def write(path: Path, text: str) -> None:
    """Replace the file whole, with the mode it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text)
    unfinished.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
    unfinished.replace(path)
