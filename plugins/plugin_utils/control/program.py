# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program of the collection's own modules in one file of text, for a unit of systemd."""

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
import os
import sys

ARCHIVE = """
{archive}
"""

descriptor = os.memfd_create("distrain")
with open(descriptor, "wb", closefd=False) as stream:
    stream.write(base64.b64decode(ARCHIVE))
sys.path.insert(0, f"/proc/self/fd/{{descriptor}}")
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
