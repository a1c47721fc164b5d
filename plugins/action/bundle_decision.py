# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verify a bundle, and decide what of it is used; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.contents import SDK_WHEELS
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.folder import files_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.manifest import (
    MANIFEST,
    folder_problems,
    parsed_manifest,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.needs import (
    host_needs,
    host_problems,
    missing_files,
    of_host,
    trainer_mismatches,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.signature import is_signed, key_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import refuse

UNCHANGED = "Nothing was changed on any host."


class ActionModule(PlayDecision):
    argument_spec: ClassVar[dict[str, Any]] = {
        "stage": {"type": "str", "choices": ["start", "packages"], "default": "start"}
    }

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        if arguments["stage"] == "packages":
            return refuse_what_lacks(play)
        own = play.own["bundle_arguments"]
        folder = Path(own["path"]).expanduser().absolute()
        manifest = verified_manifest(folder, key_of(own["public_key"]))
        facts = {name: plain(one) for name, one in play.registered("bundle_observed").items() if "machine_id" in one}
        given = {name: plain(play.of(name)["bundle_arguments"]) for name in facts}
        refuse_what_is_missing(folder, manifest, given, facts)
        build = plain(play.own["image_build_arguments"])
        mismatches = list(trainer_mismatches(manifest["trainer"], build))
        if mismatches:
            raise PlanError(f"The bundle {folder} was made for another trainer: {'; '.join(mismatches)}. {UNCHANGED}")
        hosts = {name: of_host(manifest, one, own["host_directory"]) for name, one in facts.items()}
        return {
            "path": str(folder),
            "hosts": hosts,
            "environment": {"APT_CONFIG": f"{own['host_directory']}/apt.conf"},
            "sdk_wheels": str(folder / SDK_WHEELS),
            "trainer": {name: str(folder / path) for name, path in (manifest["trainer"].get("parts") or {}).items()},
        }


def verified_manifest(folder: Path, public_key: str) -> dict[str, Any]:
    """Return the manifest of a bundle whose signature and files are right; raise PlanError for any that is not."""
    try:
        text = (folder / MANIFEST).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise PlanError(
            f"The controller cannot read {folder / MANIFEST}: {reason}. Set bundle to the folder that "
            f"playbooks/bundle.yml has made. {UNCHANGED}"
        ) from error
    if not is_signed(folder, text, public_key):
        raise PlanError(
            f"The bundle {folder} is not signed by bundle_public_key ({public_key}): it was made with another key, or "
            "its manifest was changed since. Ask who made it for the line that playbooks/bundle.yml printed at its "
            f"end. {UNCHANGED}"
        )
    manifest = parsed_manifest(text, str(folder))
    sizes = {one["path"]: one["size"] for one in manifest["files"]}
    problems = list(folder_problems(manifest, files_of(folder, lambda path, size: sizes.get(path) == size)))
    if problems:
        raise PlanError(
            f"The bundle {folder} is damaged: {'; '.join(problems)}. Copy it again from where it was made. {UNCHANGED}"
        )
    return manifest


def refuse_what_is_missing(
    folder: Path, manifest: Mapping[str, Any], given: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Any]
) -> None:
    """Raise PlanError with what the hosts need and the bundle does not have."""
    found = [
        (name, problem)
        for name, one in facts.items()
        for problem in host_problems(manifest, one, host_needs(given[name], one))
    ]
    try:
        refuse(found)
    except PlanError as error:
        raise PlanError(f"The bundle {folder} lacks what hosts need. {UNCHANGED}\n{error.message}") from error


def refuse_what_lacks(play: PlayVariables) -> dict[str, Any]:
    """Raise PlanError where apt on a host needs what the bundle does not have."""
    decision = plain(play.own["bundle_decision"])
    folder = Path(decision["path"])
    files = {
        one["path"]: one["sha256"] for one in parsed_manifest((folder / MANIFEST).read_text(), str(folder))["files"]
    }
    found = []
    for name, asked in play.registered("bundle_asked").items():
        if asked.get("problem"):
            found.append((name, str(asked["problem"])))
        missing = missing_files(files, decision["hosts"].get(name, {}).get("name", ""), plain(asked.get("send") or []))
        if missing:
            found.append((name, f"apt needs {', '.join(missing)}, which the bundle does not have."))
    try:
        refuse(found)
    except PlanError as error:
        raise PlanError(
            f"The bundle {folder} cannot give hosts what they lack. No package was installed.\n{error.message}"
        ) from error
    return {}
