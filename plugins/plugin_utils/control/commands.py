# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command lines by which somebody goes on after a run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from ansible import context

# The directory of the collection, wherever a link or an installation has put it.
COLLECTION = Path(__file__).resolve().parents[3]


def playbook_command(arguments: str, inventory: Sequence[str], collection: Path, working_directory: Path) -> str:
    """Return the command that runs a playbook of the collection; ``arguments`` begin with its name.

    An installed collection is called by its name, a clone by the path as seen from the working directory.
    """
    name, _space, rest = arguments.partition(" ")
    if is_installed(collection):
        playbook = f"{collection.parent.name}.{collection.name}.{name}"
    else:
        path = collection / "site.yml" if name == "site" else collection / "playbooks" / f"{name}.yml"
        playbook = as_typed(path, working_directory)
    options = [word for one in inventory for word in ("-i", as_typed(Path(one), working_directory))]
    return " ".join([shlex.join(["ansible-playbook", playbook, *options]), *([rest] if rest else [])])


def is_installed(collection: Path) -> bool:
    return collection.parent.parent.name == "ansible_collections"


def as_typed(path: Path, working_directory: Path) -> str:
    """Return a path relative to the working directory where it lies below that; a list of hosts stays as it is."""
    return str(path.relative_to(working_directory) if path.is_relative_to(working_directory) else path)


def of_this_run(arguments: str, inventory: str = "") -> str:
    """Return the command with the inventory of this run of Ansible, or with another one.

    Where an installed collection has made that with a configuration that names it, the command is to be run there.
    """
    home = Path(inventory).absolute().parent
    configuration = home / "ansible.cfg"
    is_named = configuration.is_file() and f"\ninventory = {Path(inventory).name}\n" in configuration.read_text()
    if inventory and is_installed(COLLECTION) and is_named:
        command = playbook_command(arguments, [], COLLECTION, home)
        return command if home == Path.cwd() else f"cd {shlex.quote(as_typed(home, Path.cwd()))} && {command}"
    sources = [str(Path(inventory).absolute())] if inventory else list(context.CLIARGS.get("inventory") or ())
    given = [one for one in sources if "," in one or Path(one).exists()]
    return playbook_command(arguments, given, COLLECTION, Path.cwd())
