# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What apt needs to install packages on a bare host, in a directory: the publishers' signed indexes, and packages."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..base.errors import ClusterError
from ..base.plan import Plan, Step
from .download import download, lacking
from .private_apt import PrivateApt
from .release import File, index_files, suite_directory

IN_RELEASE = "InRelease"


@dataclass(frozen=True)
class Kept:
    """The files that have to be there, as far as they are known, and those that lack."""

    files: tuple[File, ...] = ()
    lacks: tuple[File, ...] = ()
    # Whether all files are known: an index that lacks keeps others from being named.
    is_complete: bool = False


def observe_kept(params: Mapping[str, Any]) -> Kept:
    """Return what is there. An index that is there is kept: it says which packages the bundle has."""
    directory = Path(params["directory"])
    releases = list(_releases(params["sources"]))
    lacks = lacking(directory, releases)
    if lacks:
        return Kept(tuple(releases), tuple(lacks))
    indexes = [*releases, *_indexes(directory, params)]
    lacks = lacking(directory, indexes)
    if lacks:
        return Kept(tuple(indexes), tuple(lacks))
    files = (*indexes, *_packages(directory, params))
    return Kept(files, tuple(lacking(directory, files)), is_complete=True)


def plan_kept(kept: Kept, params: Mapping[str, Any]) -> Plan:
    """One step that downloads what lacks, and what turns out to lack then."""
    if not kept.lacks:
        return Plan()
    after = {"downloads": sorted(file.path for file in kept.lacks), "more": not kept.is_complete}
    return Plan((Step("download"),), {"downloads": []}, after)


def apply_kept(step: Step, params: Mapping[str, Any]) -> None:
    """Download what lacks: signed files first, then the indexes that these name, then packages."""
    directory = Path(params["directory"])
    while (kept := observe_kept(params)).lacks:
        download(directory, kept.lacks, params["timeout"])


def report_kept(kept: Kept, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"files": [file.as_result() for file in kept.files]}


def _releases(sources: Sequence[Mapping[str, Any]]) -> Iterator[File]:
    for one in sources:
        for suite in one["suites"]:
            path = f"{suite_directory(suite)}/{IN_RELEASE}".lstrip("/")
            yield File(f"{one['name']}/{path}", 0, "", f"{one['uri']}/{path}")


def _indexes(directory: Path, params: Mapping[str, Any]) -> Iterator[File]:
    for one in params["sources"]:
        for suite in one["suites"]:
            release = directory / one["name"] / suite_directory(suite) / IN_RELEASE
            text = release.read_text(encoding="utf-8", errors="replace")
            for file in index_files(text, suite, one["components"], params["architecture"]):
                yield File(f"{one['name']}/{file.path}", file.size, file.sha256, f"{one['uri']}/{file.path}")


def _packages(directory: Path, params: Mapping[str, Any]) -> Iterator[File]:
    """Ask apt, which verifies the indexes by their publishers' keys, as a host without any package would."""
    uris = {one["name"]: one["uri"] for one in params["sources"]}
    state = Path(tempfile.mkdtemp(prefix="distrain-bundle-"))
    try:
        apt = PrivateApt(state, directory, params["architecture"], is_bare=True)
        apt.configure(params["sources"])
        apt.update()
        for file in apt.files_of(params["packages"]):
            name, _slash, path = file.path.partition("/")
            yield File(file.path, file.size, file.sha256, f"{uris[name]}/{quote(path, safe='/+~')}")
    except ClusterError as error:
        raise ClusterError(f"{directory}: {error.message}") from error
    finally:
        shutil.rmtree(state, ignore_errors=True)
