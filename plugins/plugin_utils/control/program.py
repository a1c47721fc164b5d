# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program of the collection's own modules in one file of text, for a unit of systemd.

Where the unit has a RuntimeDirectory, its modules are unpacked there once, so that Python keeps what it has compiled of
them for the next start; else they stay in memory.
"""

from __future__ import annotations

import base64
import io
import textwrap
import zipfile
from pathlib import Path

from .bundle import PACKAGE, files_of

# The same files make the same program, whenever and wherever they were checked out.
_TIME = (1980, 1, 1, 0, 0, 0)
_TEXT = '''\
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Written by distrain.cluster; a change made here is undone by its next run. It holds these modules of the collection:
{names}
import base64
import hashlib
import io
import os
import sys
import tempfile
import zipfile

ARCHIVE = """
{archive}
"""


def in_memory(archive):
    descriptor = os.memfd_create("distrain")
    with open(descriptor, "wb", closefd=False) as stream:
        stream.write(archive)
    return f"/proc/self/fd/{{descriptor}}"


def unpacked(archive, directory):
    path = os.path.join(directory, hashlib.sha256(archive).hexdigest())
    if not os.path.isdir(path):
        # Whole or not at all; a process that does the same at the same time comes to the same.
        unfinished = tempfile.mkdtemp(dir=directory)
        zipfile.ZipFile(io.BytesIO(archive)).extractall(unfinished)
        try:
            os.rename(unfinished, path)
        except OSError:
            if not os.path.isdir(path):
                raise
    return path


def place_of(archive):
    directory = os.environ.get("RUNTIME_DIRECTORY", "")
    try:
        return unpacked(archive, directory) if directory else in_memory(archive)
    except OSError:
        return in_memory(archive)


sys.path.insert(0, place_of(base64.b64decode(ARCHIVE)))
from {package}.{module} import main

main()
'''


def program(module: str) -> str:
    """Return the text of a program that runs C(main) of this module below module_utils, such as C(keeper.daemon)."""
    buffer = io.BytesIO()
    found = files_of(module)
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, path in found.items():
            _add(archive, name, path)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return _TEXT.format(
        names="\n".join(f"#   {name.rpartition('module_utils/')[2]}" for name, path in found.items() if path),
        archive="\n".join(textwrap.wrap(encoded, 120)),
        package=PACKAGE,
        module=module,
    )


def _add(archive: zipfile.ZipFile, name: str, path: Path | None) -> None:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, path.read_bytes() if path else b"")
