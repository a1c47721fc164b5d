# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host lacks of the packages of a bundle, as apt there decides it; and files of the bundle, unpacked there."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.command import QUESTION_SECONDS, run_command
from ..base.errors import ClusterError
from .download import is_whole, lacking
from .private_apt import PrivateApt
from .release import File

TREE = "apt"
_INSTALLED = "install ok installed "


def observe_packages(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return which packages the host lacks; with ``ask``, which files apt would need, and which of them are not there.

    A host that has all of them is not asked: apt is not run.
    """
    unpack(params)
    lacks = lacking_packages(params["packages"])
    directory = Path(params["directory"])
    index = [_file(one) for one in params["index"]]
    if not lacks:
        return {"lacks": [], "send": [], "problem": ""}
    if not params["ask"]:
        return {"lacks": lacks, "send": _paths(directory, index), "problem": ""}
    apt = PrivateApt(directory, directory / TREE, params["architecture"])
    try:
        apt.configure(params["sources"])
        apt.update()
        files = apt.files_of(params["packages"])
    except ClusterError as error:
        return {"lacks": lacks, "send": [], "problem": error.message}
    named = [File(f"{TREE}/{file.path}", file.size, file.sha256) for file in files]
    return {"lacks": lacks, "send": [one.as_result() for one in lacking(directory, named)], "problem": ""}


def _paths(directory: Path, files: Sequence[File]) -> list[dict[str, Any]]:
    return [file.as_result() for file in lacking(directory, files)]


def lacking_packages(packages: Sequence[str]) -> list[str]:
    """Return those of the packages, C(NAME) or C(NAME=VERSION), that the host does not have."""
    names = [one.partition("=")[0] for one in packages]
    # It ends with an error where it does not know one of them, and lists the others.
    said = run_command(["dpkg-query", "--show", "--showformat=${Status} ${Package}\n", *names], QUESTION_SECONDS).stdout
    installed = {line.removeprefix(_INSTALLED) for line in said.splitlines() if line.startswith(_INSTALLED)}
    return [one for one in packages if "=" in one or one not in installed]


def unpack(params: Mapping[str, Any]) -> None:
    """Unpack an archive that was sent, of the files that it may hold and no other, and verify them."""
    if not params["archive"]:
        return
    directory, expected = Path(params["directory"]), {one["path"]: _file(one) for one in params["files"]}
    with tarfile.open(params["archive"]) as archive:
        for member in archive:
            if not member.isfile() or member.name not in expected:
                raise ClusterError(f"{member.name} was sent and is no file that was to be sent.")
            _write(directory / member.name, archive, member)
    wrong = [path for path, file in expected.items() if not is_whole(directory / path, file)]
    if wrong:
        raise ClusterError(f"{', '.join(wrong[:5])} did not arrive whole.")


def _write(path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    stream = archive.extractfile(member)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    with unfinished.open("wb") as target:
        while stream and (part := stream.read(1 << 20)):
            target.write(part)
    unfinished.chmod(0o644)
    unfinished.replace(path)


def _file(given: Mapping[str, Any]) -> File:
    return File(given["path"], given["size"], given["sha256"])
