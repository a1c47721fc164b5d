# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the controller keeps what runs leave: results of jobs, measurements, reports, the full log."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ansible import constants, context
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

NAME = "artifacts"
# An inventory there is the system's or a collection's, and no project of the user.
_FOREIGN = (Path("/etc/ansible"), Path("/usr/share/ansible"))


def artifacts_directory(
    sources: Sequence[str], working_directory: Path, is_ignored: Callable[[str], bool], chosen: str = ""
) -> Path:
    """Return C(chosen), else C(artifacts) beside the inventory, else C(artifacts) in the working directory.

    ``sources`` are what C(--inventory) was given, with absolute paths. An inventory that is a directory is read with
    all that lies in it, so that results can stay there only where ``is_ignored`` says that Ansible skips this name.
    Raise PlanError where Ansible reads results as inventory: training code has written some of them.
    """
    if chosen:
        return working_directory / Path(chosen).expanduser()
    for source in map(Path, sources):
        if not source.is_absolute() or not source.exists() or _is_foreign(source):
            continue
        if not source.is_dir():
            return source.parent / NAME
        if is_ignored(NAME):
            return source / NAME
        if (source / NAME).exists() or working_directory.is_relative_to(source):
            raise PlanError(
                f"Ansible reads {source / NAME} as a part of the inventory {source}, although it is for results. Give "
                f"the inventory as a file of that directory, or add ignore_patterns = ^({NAME}|trainers)$ to the "
                "section [inventory] of your ansible.cfg."
            )
    return working_directory / NAME


def of_this_run(chosen: str) -> Path:
    """Return the directory for the run of Ansible that this process belongs to; ``chosen`` as the user gave it."""
    return artifacts_directory(list(context.CLIARGS.get("inventory") or ()), Path.cwd(), _is_ignored, chosen)


def _is_ignored(name: str) -> bool:
    """Return whether Ansible skips this name in the directory of an inventory."""
    return any(re.search(pattern, name) for pattern in constants.INVENTORY_IGNORE_PATTERNS)


def _is_foreign(source: Path) -> bool:
    """Return whether this is in no project of the user's; a clone of the collection is one."""
    return "ansible_collections" in source.resolve().parts or any(map(source.is_relative_to, _FOREIGN))
