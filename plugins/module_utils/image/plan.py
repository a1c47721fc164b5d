# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What image_save and image_load have to do, from what was observed."""

from __future__ import annotations

from typing import Any

from ..base.errors import PlanError
from ..base.plan import Plan, Step
from .archived import ArchivedImage, ArchiveFile
from .identity import ImageIdentity
from .name import with_tag
from .state import HeldImage, HostImages


def plan_save(name: str, path: str, mode: int, image: HeldImage | None, file: ArchiveFile | None) -> Plan:
    """Save the image unless the file already holds it under its name; set the mode where only that differs."""
    if image is None:
        raise PlanError(f"There is no image {name} on this host. Build, load or transfer it first.")
    saved = file.image if file else None
    holds_it = saved is not None and saved.identity == image.identity and with_tag(name) in saved.names
    after = {"path": path, "fingerprint": image.identity.fingerprint, "mode": _octal(mode)}
    before = {
        "path": path if file else None,
        "fingerprint": saved.identity.fingerprint if saved else None,
        "mode": _octal(file.mode) if file else None,
    }
    steps: tuple[Step, ...] = ()
    if not holds_it:
        steps = (Step("save", {"name": name, "path": path, "fingerprint": image.identity.fingerprint}),)
    elif file and file.mode != mode:
        steps = (Step("set_mode", {"path": path}),)
    return Plan(steps, before=before, after=after)


def plan_load(path: str, name: str | None, archive: ArchivedImage, host: HostImages) -> Plan:
    """Load the archive unless the engine already has its image; only give the names that the image lacks."""
    names = wanted_names(path, name, archive)
    unlike = [one for one in names if not _is(host.named(one), archive.identity)]
    before: dict[str, Any] = {one: _fingerprint(host.named(one)) for one in names}
    after: dict[str, Any] = dict.fromkeys(names, archive.identity.fingerprint)
    give_names = tuple(Step("tag", {"name": one, "fingerprint": archive.identity.fingerprint}) for one in unlike)
    if host.same_as(archive.identity):
        return Plan(give_names, before=before, after=after)
    load = Step("load", {"path": path, "fingerprint": archive.identity.fingerprint})
    # The engine gives the archive's own names by itself.
    return Plan((load,) if archive.names else (load, *give_names), before=before, after=after)


def wanted_names(path: str, name: str | None, archive: ArchivedImage) -> tuple[str, ...]:
    """The names that the loaded image must have: the one that is expected, or else all that the archive gives."""
    if name is None:
        return archive.names
    wanted = with_tag(name)
    if archive.names and wanted not in archive.names:
        raise PlanError(f"{path} holds the image {', '.join(archive.names)}, not {wanted}. Nothing was loaded.")
    return (wanted,)


def _is(image: HeldImage | None, identity: ImageIdentity) -> bool:
    return image is not None and image.identity == identity


def _fingerprint(image: HeldImage | None) -> str | None:
    return image.identity.fingerprint if image else None


def _octal(mode: int) -> str:
    return f"{mode:04o}"
