# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what of a trainer's files, containers and copies is missing on a host, or is another one than is wanted."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from .compose import without_webui
from .host import Host, Request

ROOT = "0:0"
DIRECTORY_MODE, PROGRAM_MODE = "0700", "0755"
COMPOSE_MODE, CREDENTIALS_MODE = "0600", "0600"
RUNNING = "running"
# The file systems that only one host can have.
LOCAL_STORAGE = frozenset("bcachefs btrfs ext2 ext3 ext4 f2fs jfs overlay ramfs tmpfs xfs zfs".split())


def lacks_files(host: Host, programs: Mapping[str, str]) -> bool:
    """Whether a directory of the trainer or a program that runs its job is missing or another one."""
    files = host.observed["files"]
    directories = [_is_as(one, DIRECTORY_MODE) for one in files["directories"].values()]
    return not all(
        [*directories, *(_is_as(one, "0755", programs.get(name)) for name, one in files["programs"].items())]
    )


def lacks_password(host: Host, program: str | None) -> bool:
    """Whether the program or the file with which the web UI asks for its password is missing or another one."""
    files = host.observed["files"]["webui"]
    credentials = files["credentials"]
    return not (
        _is_as(files["directory"], DIRECTORY_MODE)
        and _is_as(files["program"], "0644", program)
        and _is_as(credentials, CREDENTIALS_MODE)
        and credentials["are_wanted"]
    )


def has_password(host: Host) -> bool:
    return host.observed["files"]["webui"]["directory"]["owner"] is not None


def webui_is_older(host: Host) -> bool:
    """Whether the web UI runs with what its files held before: it reads them when it starts."""
    started, files = host.observed["webui"]["started"], host.observed["files"]["webui"]
    times = [files[name]["modified"] for name in ("program", "credentials")]
    return started is not None and any(time >= started for time in times if time is not None)


def needs_compose(host: Host, text: str, has_webui: bool, is_on_host_network: bool) -> bool:
    """Whether the compose file, or one of the containers made by it, is missing or another one than is wanted."""
    observed = host.observed
    compose, container, webui = observed["files"]["compose"], observed["container"], observed["webui"]
    if compose["text"] != text or not _is_as(compose, COMPOSE_MODE):
        return True
    wanted = [container, *([webui] if has_webui else [])]
    if not has_webui and webui["image_id"]:
        return True
    if not is_on_host_network and not container["on_network"]:
        return True
    return not all(_is_current(one, observed["image"], compose["modified"]) for one in wanted)


def needs_new_container(host: Host, text: str) -> bool:
    """Whether the trainer's container has to be made anew; a change of the web UI alone leaves it as it is."""
    image = host.observed["image"] or {}
    if host.observed["container"]["image_id"] != image.get("id"):
        return True
    return without_webui(host.observed["files"]["compose"]["text"]) != without_webui(text)


def may_share_storage(host: Host) -> bool:
    """Whether another host may see the same files where the trainer's directories are."""
    return bool(set(host.observed["storage"]) - LOCAL_STORAGE)


def lacks_copies(request: Request, host: Host) -> bool:
    """Whether files of C(trainer_launch_copies) are missing here or have another size than at their source."""
    return _lacks_controller_copies(request, host) or _lacks_host_copies(request.hosts, host)


def destination(host: Host, copy: Mapping[str, Any]) -> str:
    """The path on the host that holds a copy from the controller."""
    return posixpath.join(host.arguments["directory"], copy["dest"])


def _lacks_controller_copies(request: Request, host: Host) -> bool:
    for copy in host.controller_copies:
        source, held = copy["src"], request.sources.get(copy["src"]) or {}
        there = host.observed["paths"].get(destination(host, copy)) or {}
        base = posixpath.normpath(destination(host, copy))
        if not source.endswith("/") and (posixpath.normpath(source) not in held or copy["dest"].endswith("/")):
            base = posixpath.join(base, posixpath.basename(source))
        # A source that is not found here is for the copy to report.
        if not held or any(_normal(there).get(f"{base}{name}") != size for name, size in _below(source, held).items()):
            return True
    return False


def _below(source: str, held: Mapping[str, str]) -> dict[str, str]:
    root = posixpath.normpath(source)
    return {posixpath.normpath(path)[len(root) :]: size for path, size in held.items()}


def _normal(there: Mapping[str, str]) -> dict[str, str]:
    return {posixpath.normpath(path): size for path, size in there.items()}


def _lacks_host_copies(hosts: Sequence[Host], host: Host) -> bool:
    by_name = {one.name: one for one in hosts}
    return any(
        host.observed["paths"].get(copy["src"]) != by_name[copy["source_host"]].observed["paths"].get(copy["src"])
        for copy in host.host_copies
    )


def _is_as(state: Mapping[str, Any], mode: str, digest: str | None = None) -> bool:
    return state["owner"] == ROOT and state["mode"] == mode and digest in (None, state["digest"])


def _is_current(container: Mapping[str, Any], image: Mapping[str, Any] | None, written: float) -> bool:
    """It runs, has this image, and was made from the file that is there."""
    has_image = container["image_id"] == (image or {}).get("id")
    return container["state"] == RUNNING and has_image and container["created"] >= written
