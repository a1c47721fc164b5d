# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether and how an image is built, by what the engine of the builder and the controller have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_inspected

from .plan import BuildState, plan_build


def the_same_on_all(arguments: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """These arguments, which have to be the same on all hosts. Raises PlanError where they are not."""
    found = {}
    for name in names:
        values = {str(of_host[name]): host for host, of_host in arguments.items()}
        if len(values) > 1:
            described = ", ".join(f"'{value}' on {host}" for value, host in values.items())
            raise PlanError(f"image_build_{name} has to be the same on all hosts of the play, and is {described}.")
        found[name] = next(iter(values), "")
    return found


def builder_problem(builder: str, inventory: Sequence[str], play: Sequence[str], alive: Sequence[str]) -> str:
    """Why this host cannot build; empty where it can, or where it is in the inventory and not in this play."""
    if builder not in inventory:
        return f"image_build_builder is '{builder}', but the inventory has no such host."
    if builder in play and builder not in alive:
        return f"{builder} (image_build_builder) has failed in this play: see its error above. Nothing was built."
    return ""


def archive_problem(arguments: Mapping[str, Any], names: Sequence[str]) -> str:
    """Why the archive of the base image is of no use; empty where it is."""
    if without_default_registry(arguments["base_image"]) in names:
        return ""
    return (
        f"image_build_base_archive '{arguments['base_archive']}' holds {', '.join(names) or 'an image without a name'}"
        f", but image_build_base_image is '{arguments['base_image']}'. Make the two agree."
    )


def missing_problems(arguments: Mapping[str, Any], missing: Sequence[str]) -> Iterator[str]:
    """A sentence for each path of the arguments that is missing on the controller."""
    archive, wheels = arguments["base_archive"], arguments["wheels_directory"]
    if archive in missing:
        yield (
            f"image_build_base_archive is '{archive}', but the controller has no such file. Make it where a registry "
            f"can be used, with docker save --output {archive} {arguments['base_image']}, or leave the variable empty "
            "to pull the image."
        )
    if wheels in missing:
        yield (
            f"image_build_wheels_directory is '{wheels}', but the controller has no such directory. Fill it with pip "
            "download, or leave the variable empty to install from an index."
        )
    for file in arguments["files"]:
        if file["src"] in missing:
            yield f"image_build_files names '{file['src']}', but the controller has no such file."


def without_default_registry(name: str) -> str:
    """An image's name as engines show it."""
    return re.sub(r"^docker[.]io/(library/)?", "", name)


def build_steps(
    name: str, images: Sequence[Mapping[str, Any]], archive: str | None, inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """The steps, the labels of the new image and the reason.

    ``images`` are the image and its base as the engine inspects them, in this order, without those that it lacks;
    ``archive`` is the fingerprint of the base image in an archive.
    """
    image, base = _image_and_base(name, images)
    state = BuildState(
        image_labels=((image.get("Config") or {}).get("Labels") or {}) if image else None,
        # The fingerprint is the same in either store.
        base=identity_of_inspected(base, "containerd").fingerprint if base else None,
        archive=archive,
    )
    plan = plan_build(state, inputs)
    build = next((step.arguments for step in plan.steps if step.verb == "build"), {})
    return {
        "steps": [step.verb for step in plan.steps],
        "reason": build.get("reason", ""),
        "labels": build.get("labels", {}),
    }


def image_steps(name: str, images: Sequence[Mapping[str, Any]], archive: str) -> list[str]:
    """The steps that bring the built image from an archive with this fingerprint; none where it is there."""
    image, _base = _image_and_base(name, images)
    has_it = image is not None and identity_of_inspected(image, "containerd").fingerprint == archive
    return [] if has_it else ["load_image"]


def arguments_of(parts: Mapping[str, str]) -> dict[str, str]:
    """The arguments of the role that the parts of a trainer in a bundle stand for; nothing is downloaded then."""
    if not parts:
        return {}
    return {"base_archive": parts["base"], "wheels_directory": parts.get("wheels", ""), "git_mirror": ""}


def _image_and_base(
    name: str, images: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    if len(images) == 1:
        is_image = without_default_registry(name) in (images[0].get("RepoTags") or ())
        return (images[0], None) if is_image else (None, images[0])
    return (images[0], images[1]) if images else (None, None)
