# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which mirrors a host, or the controller, needs, and what has to be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import TRAINER_LABEL

TOOLKIT = "nvidia-container-toolkit"
TOOLKIT_PROGRAM = "/usr/bin/nvidia-ctk"


@dataclass(frozen=True)
class Wanted:
    """An address that is asked; ``variable`` is the one to correct. A key has to have this ``fingerprint``."""

    name: str
    kind: str
    url: str
    variable: str
    index: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    # Whether something is still to be downloaded; else the mirror is only missed later.
    is_needed: bool = True

    def as_question(self) -> dict[str, Any]:
        """Return it as M(distrain.cluster.mirrors_info) takes it."""
        question: dict[str, Any] = {"name": self.name, "kind": self.kind, "url": self.url}
        return {**question, "index": self.index, "packages": dict(self.packages)}


def of_host(arguments: Mapping[str, Any], facts: Mapping[str, Any], is_builder: bool) -> Iterator[Wanted]:
    """Yield what a host needs; ``arguments`` are of the role preflight, ``facts`` what C(host_info) returned."""
    mirrors = arguments["mirrors"]
    if arguments["docker_source"] == "docker" and is_address(arguments["docker_repository_url"]):
        yield _docker(arguments, facts)
    if _has_gpu(arguments, facts) and is_address(arguments["nvidia_toolkit_repository"]):
        yield _nvidia(arguments, facts)
    had_trainer = any(TRAINER_LABEL in (one.get("labels") or {}) for one in _containers(facts))
    pages = {"registry": "/v2/", "huggingface": "/"}
    if is_builder:
        yield from _apt(mirrors["apt"], not had_trainer)
        pages = {"pip": "/pip/", "git": "/", **pages}
    for name, path in pages.items():
        if mirrors[name]:
            yield Wanted(name, "page", mirrors[name] + path, f"mirrors.{name}", is_needed=not had_trainer)


def of_controller(arguments: Mapping[str, Any], facts: Mapping[str, Mapping[str, Any]]) -> Iterator[Wanted]:
    """Yield what the controller reads for the hosts with these facts: the keys of repositories, and pip's index."""
    lacks_engine = not all(_has_engine(one) for one in facts.values())
    has_gpus = any(_has_gpu(arguments, one) for one in facts.values())
    lacks_toolkit = has_gpus and not all(_has_toolkit(one) for one in facts.values() if _has_gpu(arguments, one))
    keys = (
        ("docker", "docker_repository", arguments["docker_source"] == "docker", lacks_engine),
        ("nvidia", "nvidia_toolkit_repository", has_gpus, lacks_toolkit),
    )
    for name, variable, is_used, is_needed in keys:
        address = arguments[f"{variable}_key"]
        if is_used and is_address(address):
            fingerprint = arguments[f"{variable}_key_fingerprint"]
            yield Wanted(f"{name} key", "key", address, f"{variable}_key", fingerprint=fingerprint, is_needed=is_needed)
    if arguments["mirrors"]["pip"]:
        yield Wanted("pip", "page", f"{arguments['mirrors']['pip']}/pip/", "mirrors.pip", is_needed=lacks_engine)


def _variable(arguments: Mapping[str, Any], name: str, variable: str) -> str:
    """Return which variable to correct: the mirror, where the address of the role is that."""
    mirror = arguments["mirrors"][name]
    return f"mirrors.{name}" if mirror and arguments[variable].startswith(mirror) else variable


def is_address(text: str) -> bool:
    """Return whether something is to be asked over HTTP: without a mirror there is none, and a key may be a file."""
    return text.startswith(("http://", "https://"))


def _has_engine(facts: Mapping[str, Any]) -> bool:
    return bool((facts.get("engine") or {}).get("installed"))


def _has_toolkit(facts: Mapping[str, Any]) -> bool:
    return bool((facts.get("programs") or {}).get(TOOLKIT_PROGRAM))


def _has_gpu(arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    present = arguments["gpu_present"]
    return bool(facts["gpus"]) if present == "auto" else bool(present == "present")


def _containers(facts: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return ((facts.get("engine") or {}).get("containers") or {}).values()


def _docker(arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> Wanted:
    distribution = facts["distribution"]
    suite = f"{arguments['docker_repository_url']}/{distribution['id']}/dists/{distribution['codename']}"
    return Wanted(
        name="docker",
        kind="apt",
        url=f"{suite}/InRelease",
        variable=_variable(arguments, "docker", "docker_repository_url"),
        index=f"{suite}/stable/binary-{facts['architecture']}/Packages",
        packages={"docker-ce": "*", **arguments["package_versions"]},
        is_needed=not _has_engine(facts),
    )


def _nvidia(arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> Wanted:
    directory = f"{arguments['nvidia_toolkit_repository']}/{facts['architecture']}"
    return Wanted(
        name="nvidia",
        kind="apt",
        url=f"{directory}/InRelease",
        variable=_variable(arguments, "nvidia", "nvidia_toolkit_repository"),
        index=f"{directory}/Packages",
        packages={TOOLKIT: arguments["nvidia_toolkit_version"]},
        is_needed=not _has_toolkit(facts),
    )


def _apt(mirror: str, is_needed: bool) -> Iterator[Wanted]:
    """What the base image is made of is not known yet: one of the two distributions is looked for."""
    for suite in ("debian/dists/stable", "ubuntu/dists/noble") if mirror else ():
        yield Wanted("apt", "apt", f"{mirror}/{suite}/InRelease", "mirrors.apt", is_needed=is_needed)
