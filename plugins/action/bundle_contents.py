# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide what a bundle has to hold; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.apt.signing_key import check_key, has_key
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.contents import (
    DOCKER_KEY,
    NO_TRAINER,
    NVIDIA_KEY,
    SDK_WHEELS,
    needs_wheels,
    packages_of,
    parts_of,
    sources_of,
    split_name,
    trainer_of,
    trainer_problems,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.driver import DRIVER_KEY, driver_repository
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.docker import wheels_directory

ROLES = ("bundle", "docker", "nvidia_driver", "nvidia_toolkit", "image_build")
KEYS = {
    DOCKER_KEY: ("docker", "docker_repository_key"),
    NVIDIA_KEY: ("nvidia_toolkit", "nvidia_toolkit_repository_key"),
    DRIVER_KEY: ("nvidia_driver", "nvidia_driver_repository_key"),
}


class ActionModule(PlayDecision):
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        given = [{role: plain(play.of(host)[f"{role}_arguments"]) for role in ROLES} for host in play.hosts]
        first = given[0]
        folder = Path(first["bundle"]["directory"]).expanduser().absolute()
        if not first["bundle"]["directory"] or any(character.isspace() for character in str(folder)):
            raise PlanError(
                "bundle_directory is to be the folder of the bundle on the controller, without a space in its path."
            )
        distributions = merged(given)
        refuse_missing_keyrings(distributions)
        problems = list(trainer_problems(first["bundle"], first["image_build"])) if first["bundle"]["trainer"] else []
        if problems:
            raise PlanError(" ".join(problems))
        trainer = trainer_of(first["bundle"], first["image_build"]) if first["bundle"]["trainer"] else NO_TRAINER
        contents = {"distributions": distributions, "trainer": trainer}
        requirements = self.read_text(first["docker"]["requirements_file"], play.own)
        return {
            **contents,
            "folder": str(folder),
            "parts": parts_of(contents, first["image_build"]),
            "sdk_wheels": str(folder / SDK_WHEELS / wheels_directory(requirements)),
            "signing_keys": self._keys(folder, distributions, given, play.own),
            "needs_wheels": bool(trainer) and "image" not in trainer["parts"] and needs_wheels(first["image_build"]),
        }

    def _keys(
        self, folder: Path, distributions: Mapping[str, Any], given: list[dict[str, Any]], variables: Mapping[str, Any]
    ) -> list[dict[str, str]]:
        """Return the signing keys by the paths that they get; one that is there and right is not read again."""
        found = []
        for name, one in distributions.items():
            for key in {source["key"] for source in one["sources"]} & KEYS.keys():
                role, variable = KEYS[key]
                path = folder / "apt" / name / key
                arguments = given[0][role]
                if key == DRIVER_KEY:
                    _directory, address, fingerprint = driver_repository(name, arguments)
                    arguments = {"repository_key": address, "repository_key_fingerprint": fingerprint}
                found.append({"path": str(path), "text": self._key(path, arguments, variable, variables)})
        return found

    def _key(self, path: Path, arguments: Mapping[str, Any], variable: str, variables: Mapping[str, Any]) -> str:
        fingerprint = arguments["repository_key_fingerprint"]
        if path.is_file() and has_key(text := path.read_text(errors="replace"), fingerprint):
            return text
        address = arguments["repository_key"]
        return check_key(self.read_text(address, variables), address, fingerprint, variable)


def merged(given: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the repositories and the packages of each distribution, for all hosts together; raise PlanError."""
    found: dict[str, Any] = {}
    for arguments in given:
        for name in arguments["bundle"]["distributions"]:
            one = found.setdefault(name, {"architecture": split_name(name)[2], "sources": [], "packages": []})
            for kind, values in (("sources", sources_of(name, arguments)), ("packages", packages_of(name, arguments))):
                one[kind] += [value for value in values if value not in one[kind]]
    if not found:
        raise PlanError(
            "bundle_distributions is empty: name the distributions of the hosts, such as [ubuntu-24.04-amd64], so that "
            "the bundle gets their packages."
        )
    _refuse_two_repositories(found)
    return found


def refuse_missing_keyrings(distributions: Mapping[str, Any]) -> None:
    """Raise PlanError where the controller does not have the keys of a distribution, by which apt verifies it."""
    for name, one in distributions.items():
        for key in (source["key"] for source in one["sources"] if source["key"] not in KEYS):
            if not key or not Path(key).is_file():
                raise PlanError(
                    f"bundle_keyrings has '{key}' for {name}, and the controller has no such file. Install the package "
                    "debian-archive-keyring or ubuntu-keyring there, or set it to where the distribution's keys are."
                )


def _refuse_two_repositories(found: Mapping[str, Any]) -> None:
    for name, one in found.items():
        names = [source["name"] for source in one["sources"]]
        twice = next((source for source in names if names.count(source) > 1), None)
        if twice:
            raise PlanError(f"The hosts have two addresses of the repository {twice} for {name}: give all of them one.")
