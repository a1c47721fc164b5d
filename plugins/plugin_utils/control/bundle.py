# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pack the program of an agent into an archive in memory: its module and all of ours that it imports."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

PACKAGE = "ansible_collections.distrain.cluster.plugins.module_utils"
_SOURCES = Path(__file__).parents[2] / "module_utils"
# All files of module_utils import each other in this way. To parse them instead takes a tenth of a second a run.
_IMPORT = re.compile(r"^from (\.{1,2})([\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)

# Reads the archive from stdin into memory and runs it from there: no file is written on the host.
STARTER = (
    "import os,sys;"
    "i=sys.stdin.buffer;d=os.memfd_create('distrain-relay');"
    "open(d,'wb',closefd=False).write(i.read(int(i.readline())));"
    "sys.path.insert(0,'/proc/self/fd/%d'%d);"
    f"from {PACKAGE}.{{module}} import main;main()"
)


def starter(module: str) -> str:
    """Return the program text for C(python3 -I -c)."""
    return STARTER.format(module=module)


def start_command(module: str) -> list[str]:
    """Return the argument list that starts an agent on its host.

    It runs isolated (-I), since it would else, often as root, import modules from a directory of the SSH user, and with
    UTF-8 in any locale (-X utf8), since names of files must mean the same bytes on all hosts.
    """
    return ["python3", "-I", "-X", "utf8", "-c", starter(module)]


def bundle(module: str) -> bytes:
    """Return what the starter reads from stdin: a line with the length, and the archive.

    ``module`` is the agent's module below module_utils, such as C(job.agent).
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files_of(module).items():
            archive.writestr(name, path.read_bytes() if path else b"")
    return b"%d\n" % len(buffer.getvalue()) + buffer.getvalue()


def files_of(module: str) -> dict[str, Path | None]:
    """Return the files that a module of module_utils needs, by their names in an archive; None is an empty file."""
    parts = PACKAGE.split(".")
    needed = sorted(_needed_by(module))
    packages = {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    packages |= {"/".join([*parts, *name.split(".")[:-1]]) for name in needed}
    found: dict[str, Path | None] = {f"{package}/__init__.py": None for package in sorted(packages)}
    return found | {"/".join(parts) + f"/{name.replace('.', '/')}.py": _path_of(name) for name in needed}


def _needed_by(module: str) -> set[str]:
    found: set[str] = set()
    to_read = {module}
    while to_read:
        name = to_read.pop()
        found.add(name)
        to_read |= _imports_of(name) - found
    return found


def _imports_of(module: str) -> set[str]:
    """Return the modules of ours that a module imports, by C(from .NAME import ...) or C(from ..ROOM import NAME)."""
    found = set()
    for dots, name, imported in _IMPORT.findall(_path_of(module).read_text()):
        package = module.split(".")[: -len(dots)]
        parts = [*package, *filter(None, name.split("."))]
        if _path_of(".".join(parts)).is_file():
            found.add(".".join(parts))
        else:
            words = imported.strip("()").split(",")
            found |= {".".join([*parts, word.split()[0]]) for word in words if word.strip()}
    return found


def _path_of(module: str) -> Path:
    return _SOURCES / f"{module.replace('.', '/')}.py"
