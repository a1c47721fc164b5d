# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""apt with the repositories of a bundle as its only sources: it connects to nothing, and the host's own stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..base.command import Ended, run_command
from ..base.errors import ClusterError
from ..files.whole_file import write_whole
from .release import File

SECONDS = 300
CONFIGURATION = "apt.conf"
WANTED_FILE = re.compile(r"^'file:(?P<path>[^']+)' \S+ (?P<size>\d+) SHA256:(?P<sha256>[0-9a-f]{64})$")
_LINE = "deb [arch={architecture}{key}] file:{tree}/{name} {suite} {components}"
# With these, a machine answers as a bare host of any architecture and of any distribution.
_BARE = """Dir::State "{state}/state";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
APT::Architecture "{architecture}";
APT::Sandbox::User "root";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
"""
_HOST = """Dir::Cache::pkgcache "{state}/pkgcache.bin";
Dir::Cache::srcpkgcache "";
"""
_COMMON = """# Written by distrain.cluster: apt reads the bundle alone, by APT_CONFIG={state}/apt.conf.
Dir::Etc::sourcelist "{state}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "{state}/lists";
Acquire::Check-Valid-Until "false";
Acquire::By-Hash "no";
Acquire::ForceHash "SHA256";
Acquire::Languages "none";
"""


class PrivateApt:
    """``tree`` has the repositories by their names, ``state`` is a directory for what apt keeps of them.

    A bare one knows no installed package, and trusts the keys alone that its sources name.
    """

    def __init__(self, state: Path, tree: Path, architecture: str, is_bare: bool = False) -> None:
        self.state, self.tree, self.architecture, self.is_bare = state, tree, architecture, is_bare

    def configure(self, sources: Sequence[Mapping[str, Any]]) -> None:
        """Write its files; raise ClusterError where they cannot be written."""
        values = {"state": self.state, "architecture": self.architecture}
        directories = ["lists/partial", *(["state", "cache/archives/partial"] if self.is_bare else [])]
        for directory in directories:
            (self.state / directory).mkdir(mode=0o755, parents=True, exist_ok=True)
        if self.is_bare:
            write_whole(self.state / "status", "", 0o644)
        text = _COMMON + (_BARE if self.is_bare else _HOST)
        write_whole(self.state / CONFIGURATION, text.format(**values), 0o644)
        write_whole(self.state / "sources.list", self._lines(sources), 0o644)

    def update(self) -> None:
        """Have apt verify and read the indexes; raise ClusterError where it refuses."""
        done = self._run("apt-get", "update")
        said = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W: GPG", "W: Failed", "Err:"))]
        if done.rc or said:
            raise ClusterError(f"apt refuses the indexes of the bundle: {_errors(done)}")

    def files_of(self, packages: Sequence[str]) -> list[File]:
        """Return what apt would have to fetch to install packages, by paths below the tree; raise ClusterError."""
        options = ("--yes", "--print-uris", "--no-install-recommends")
        done = self._run("apt-get", *options, "install", *packages)
        if done.rc:
            raise ClusterError(f"apt cannot install {', '.join(packages)} from the bundle: {_errors(done)}")
        found = (WANTED_FILE.match(line) for line in done.stdout.splitlines())
        return [self._file(one) for one in found if one]

    def _file(self, found: re.Match[str]) -> File:
        path = Path(unquote(found["path"])).relative_to(self.tree)
        return File(str(path), int(found["size"]), found["sha256"])

    def _lines(self, sources: Sequence[Mapping[str, Any]]) -> str:
        return "".join(
            _LINE.format(
                architecture=self.architecture,
                # Without one, the keys that the host trusts count.
                key=f" signed-by={self.tree / one['key']}" if one.get("key") else "",
                tree=self.tree,
                name=one["name"],
                suite=suite,
                components=" ".join(one["components"]),
            ).rstrip()
            + "\n"
            for one in sources
            for suite in one["suites"]
        )

    def _run(self, *argv: str) -> Ended:
        configuration = f"APT_CONFIG={self.state / CONFIGURATION}"
        return run_command(["env", configuration, "DEBIAN_FRONTEND=noninteractive", *argv], SECONDS)


def _errors(done: Ended) -> str:
    """What apt says of an error, with the reason that it prints before."""
    lines = [line.strip() for line in done.stdout.splitlines() if "Depends:" in line or "Breaks:" in line]
    said = [line[2:].strip() for line in done.stderr.splitlines() if line[:2] in ("E:", "W:")]
    return " ".join([*lines[:5], *said[:5]]) or done.stderr.strip()[-500:] or "it gave no reason."
