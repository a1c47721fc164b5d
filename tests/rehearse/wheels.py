# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wheels as the kit carries them: smaller in its archive, and as good to pip."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

C_LIBRARIES = ("_2_36", "_2_28", "_2_17", "_2_5", "2014", "1")
# What no lab reads: tests of the packages, source maps, and what Gradio has for a server of Node.
LEFT_OUT = re.compile(r"(^|/)tests/|\.map$|^torch/(test/|bin/test_)|^gradio/templates/node/")


def repack(wheel: Path, directory: Path) -> None:
    """Write a wheel of the same name without what no lab reads, and uncompressed for the archive to compress."""
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(directory / wheel.name, "w") as target:
        for member in source.infolist():
            if LEFT_OUT.search(member.filename):
                continue
            content = source.read(member)
            if member.filename.endswith(".dist-info/RECORD"):
                content = _kept_records(content)
            entry = zipfile.ZipInfo(member.filename, member.date_time)
            entry.external_attr = member.external_attr
            target.writestr(entry, content)


def download(requirements: Path, directory: Path, version: str, *options: str, dependencies: bool = False) -> None:
    """Download wheels for a Python of that version, C(3.12), on Linux with the C library of Debian 12 or newer."""
    tag = version.replace(".", "")
    target = [f"--python-version={version}", "--implementation=cp"]
    target += [f"--abi={interface}" for interface in (f"cp{tag}", "abi3", "none")]
    target += [f"--platform=manylinux{library}_x86_64" for library in C_LIBRARIES]
    others = [] if dependencies else ["--no-deps"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", *target, *others, *options]
    subprocess.run([*command, f"--dest={directory}", f"--requirement={requirements}"], check=True)


def _kept_records(content: bytes) -> bytes:
    kept = io.StringIO(newline="")
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    csv.writer(kept, lineterminator="\n").writerows(row for row in rows if row and not LEFT_OUT.search(row[0]))
    return kept.getvalue().encode()
