# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide whether the image is built; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.loader import lookup_loader
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.build.decision import (
    archive_problem,
    arguments_of,
    build_steps,
    builder_problem,
    image_steps,
    missing_problems,
    the_same_on_all,
    without_default_registry,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.build.values import problems_in
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.controller_files import (
    archive_facts,
    path_digest,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables

NO_BUILD: dict[str, Any] = {"steps": [], "reason": "", "labels": {}, "dockerfile": "", "wheels_digest": "", "files": {}}


class ActionModule(PlayDecision):
    role = "image_build"

    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        batch = play.own["ansible_play_batch"]
        given = {name: play.of(name).get("image_build_arguments") for name in batch}
        of_hosts = {name: of_host for name, of_host in given.items() if of_host}
        decision = the_same_on_all(of_hosts, ("name", "builder", "python"))
        builder = decision["builder"]
        problem = builder_problem(builder, play.groups["all"], play.hosts, play.left)
        if problem:
            raise PlanError(problem)
        if builder not in batch:
            return {**decision, **NO_BUILD}
        observed, bundled = play.of(builder)["image_build_observed"], plain(play.own.get("bundle_decision") or {})
        parts = bundled.get("trainer") or {}
        if "image" in parts:
            return {**decision, **NO_BUILD, **_of_image(decision["name"], parts["image"], observed["images"])}
        given = {**of_hosts[builder], **arguments_of(parts)}
        built = self._build(given, observed, play.own)
        files = {
            "base": given["base_archive"],
            "wheels": given["wheels_directory"],
            "project": parts.get("project", ""),
        }
        return {**decision, **built, "files": files}

    def _build(
        self, arguments: Mapping[str, Any], observed: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        problems = problems_in(arguments) or list(missing_problems(arguments, _missing(arguments)))
        archive = (
            archive_facts(_path(arguments["base_archive"])) if arguments["base_archive"] and not problems else None
        )
        problem = archive_problem(arguments, archive["names"]) if archive else ""
        if problems or problem:
            raise PlanError(f"{arguments['builder']}: {' '.join(problems) or problem}")
        dockerfile = self._dockerfile(arguments, variables)
        wheels = [path_digest(_path(arguments["wheels_directory"]))] if arguments["wheels_directory"] else []
        inputs = {
            "Dockerfile": dockerfile,
            "project": arguments["git_commit"] if arguments["git_repository"] else "",
            "requirements": arguments["pip_requirements"],
            "wheels": wheels,
            "files": [path_digest(_path(file["src"])) for file in arguments["files"]],
        }
        steps = build_steps(arguments["name"], observed["images"], archive["fingerprint"] if archive else None, inputs)
        return {**steps, "dockerfile": dockerfile, "wheels_digest": "".join(wheels).removeprefix("sha256:")}

    def _dockerfile(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
        template = Path(variables["role_path"], "templates", "Dockerfile.j2")
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        try:
            return str(lookup.run([str(template)], variables={**variables, "image_build_arguments": arguments})[0])
        except AnsibleError as error:
            raise PlanError(f"The Dockerfile cannot be rendered: {error}") from error


def _of_image(name: str, archive: str, images: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is done with an archive of the built image: it is loaded where the builder has another one."""
    facts = archive_facts(_path(archive))
    if without_default_registry(name) not in facts["names"]:
        raise PlanError(
            f"The bundle's image archive {archive} holds {', '.join(facts['names']) or 'an image without a name'}, and "
            f"image_build_name is '{name}'."
        )
    steps = image_steps(name, images, facts["fingerprint"])
    return {"steps": steps, "reason": "the bundle has it", "files": {"image": archive}}


def _missing(arguments: Mapping[str, Any]) -> list[str]:
    """The paths of the arguments that the controller does not have."""
    archive, wheels = arguments["base_archive"], arguments["wheels_directory"]
    files = [archive, *(file["src"] for file in arguments["files"])]
    found = [path for path in files if path and not _path(path).is_file()]
    return [*found, *([wheels] if wheels and not _path(wheels).is_dir() else [])]


def _path(path: str) -> Path:
    return Path(path).expanduser()
