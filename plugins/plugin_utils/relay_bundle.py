# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent's program as one archive in memory: its module and all of ours that it imports, under their own names."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

PACKAGE = "ansible_collections.distrain.cluster.plugins.module_utils"
_SOURCES = Path(__file__).parent.parent / "module_utils"
# All of ours are imported in this one way. Parsing the files instead costs a tenth of a second of every run.
_IMPORT = re.compile(rf"^from {re.escape(PACKAGE)}\.(\w+) import ", re.MULTILINE)

# Reads the archive from its input into memory and runs it from there: no file is ever written on the host.
STARTER = (
    "import os,sys;"
    "i=sys.stdin.buffer;d=os.memfd_create('distrain-relay');"
    "open(d,'wb',closefd=False).write(i.read(int(i.readline())));"
    "sys.path.insert(0,'/proc/self/fd/%d'%d);"
    f"from {PACKAGE}.{{module}} import main;main()"
)


def starter(module: str) -> str:
    """The program text for C(python3 -I -c)."""
    return STARTER.format(module=module)


def start_command(module: str) -> list[str]:
    """The argument list that starts an agent on its host.

    Isolated (-I): it often runs as root in a directory of the SSH user, from which it would import modules else, as it
    would by the environment. And with UTF-8 whatever the host's locale (-X utf8): names of files must mean the same
    bytes on all hosts.
    """
    return ["python3", "-I", "-X", "utf8", "-c", starter(module)]


def bundle(*modules: str) -> bytes:
    """What the starter reads from its input: a line with the length, and the archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = PACKAGE.split(".")
        for depth in range(1, len(parts) + 1):
            archive.writestr("/".join([*parts[:depth], "__init__.py"]), "")
        for name in sorted(_needed_by(modules)):
            archive.write(_SOURCES / f"{name}.py", "/".join([*parts, f"{name}.py"]))
    return b"%d\n" % len(buffer.getvalue()) + buffer.getvalue()


def _needed_by(modules: Iterable[str]) -> set[str]:
    found: set[str] = set()
    to_read = set(modules)
    while to_read:
        name = to_read.pop()
        found.add(name)
        to_read |= _imports_of(_SOURCES / f"{name}.py") - found
    return found


def _imports_of(path: Path) -> set[str]:
    """The modules of ours that a file imports, by C(from PACKAGE.NAME import ...)."""
    return set(_IMPORT.findall(path.read_text()))
