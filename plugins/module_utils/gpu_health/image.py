# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an image can use the GPUs and the driver of a host, by what its environment says.

U(https://docs.nvidia.com/deploy/cuda-compatibility/) and the release notes of CUDA have the versions.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .problem import ERROR, WARNING, Facts, GpuProblem, GpuUse, labels

Version = tuple[int, ...]


@dataclass(frozen=True)
class Toolkit:
    """A CUDA from ``version`` on: the oldest driver of its family, and for which compute capabilities it compiles."""

    version: Version
    driver_min: int
    oldest: Version
    newest: Version


TOOLKITS = (
    Toolkit((13, 0), 580, (7, 5), (12, 1)),
    Toolkit((12, 8), 525, (5, 0), (12, 0)),
    Toolkit((12, 0), 525, (5, 0), (9, 0)),
    Toolkit((11, 8), 450, (3, 5), (9, 0)),
    Toolkit((11, 1), 450, (3, 5), (8, 6)),
    Toolkit((11, 0), 450, (3, 5), (8, 0)),
)
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
NEWER_DRIVER = "Install a newer driver on the host, or build the image for an older CUDA (image_build_base_image)."
OTHER_IMAGE = "Take an image for these GPUs: image_build_base_image, image_build_pip_requirements."
_VERSION = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,5}){0,3}")
_TERM = re.compile(r"([a-z]+)(>=|<=|!=|=|>|<)([A-Za-z0-9.]+)")
_ARCHITECTURE = re.compile(r"([0-9]{1,2}\.[0-9])[a-z]?(\+PTX)?")


def version_of(text: str) -> Version:
    """Empty for what is no version."""
    found = _VERSION.match(text.strip())
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def image_problems(facts: Facts, gpus: Sequence[Facts], use: GpuUse) -> Iterator[GpuProblem]:
    yield from _driver_problems(facts, gpus, use)
    alike: dict[tuple[str, str], list[Facts]] = {}
    for gpu in gpus:
        alike.setdefault((gpu["model"], gpu["compute_capability"]), []).append(gpu)
    for (model, capability), same in alike.items():
        what = f"{labels(same)}: a {model} of compute capability {capability}, which"
        yield from _architecture_problems(what, version_of(capability), use)


def _architecture_problems(what: str, capability: Version, use: GpuUse) -> Iterator[GpuProblem]:
    architectures = use.environment.get("TORCH_CUDA_ARCH_LIST", "")
    wanted = version_of(use.environment.get("CUDA_VERSION", ""))[:2]
    toolkit = next((one for one in TOOLKITS if wanted >= one.version), None)
    cuda = f"CUDA {'.'.join(map(str, wanted))} of the image {use.image}"
    if not capability:
        return
    if not _is_served(capability, architectures):
        found = f"{what} the image {use.image} was not built for (TORCH_CUDA_ARCH_LIST: {architectures})"
        yield GpuProblem(ERROR, found, OTHER_IMAGE)
    elif toolkit and capability < toolkit.oldest:
        yield GpuProblem(ERROR, f"{what} {cuda} no longer serves", OTHER_IMAGE)
    elif toolkit and capability > toolkit.newest and not architectures:
        # By PTX, where the image has it.
        yield GpuProblem(WARNING, f"{what} is newer than {cuda}", OTHER_IMAGE)


def _driver_problems(facts: Facts, gpus: Sequence[Facts], use: GpuUse) -> Iterator[GpuProblem]:
    required = use.environment.get("NVIDIA_REQUIRE_CUDA", "")
    wanted = version_of(use.environment.get("CUDA_VERSION", "")) or version_of(required.partition("cuda>=")[2])
    offered = version_of(facts["cuda_version"])
    if not wanted or not offered or wanted[:2] <= offered[:2] or _is_met(required, facts, gpus, use.environment):
        return
    says = f"the image {use.image} is for CUDA {'.'.join(map(str, wanted[:2]))}, and NVIDIA's driver "
    says += f"{facts['driver_version'] or facts['library_version']} serves CUDA up to {facts['cuda_version']}"
    family = next((one for one in TOOLKITS if one.version[0] == wanted[0]), None)
    if family and offered[0] == wanted[0] and version_of(facts["driver_version"])[:1] >= (family.driver_min,):
        found = (
            f"{says}: most of it runs by CUDA's minor version compatibility, but no code that the driver compiles (PTX)"
        )
        yield GpuProblem(WARNING, found, NEWER_DRIVER)
    else:
        yield GpuProblem(ERROR, says, NEWER_DRIVER)


def _is_met(required: str, facts: Facts, gpus: Sequence[Facts], environment: Mapping[str, str]) -> bool:
    """Whether every GPU meets one of the alternatives, which are divided by spaces, of what is joined by commas."""
    if environment.get("NVIDIA_DISABLE_REQUIRE", "").lower() in ("1", "true"):
        required = ""
    alternatives = [one.split(",") for one in required.split()]
    return bool(gpus) and all(
        any(all(_is_true(term, facts, gpu) for term in terms) for terms in alternatives) for gpu in gpus
    )


def _is_true(term: str, facts: Facts, gpu: Facts) -> bool:
    """A term that is not understood is not met."""
    found = _TERM.fullmatch(term)
    if not found:
        return False
    name, sign, value = found.groups()
    if name == "brand":
        brand = re.sub("[^a-z]", "", gpu["brand"].lower())
        return OPERATORS[sign](brand, value.lower()) if sign in ("=", "!=") else False
    known = {"cuda": facts["cuda_version"], "driver": facts["driver_version"], "arch": gpu["compute_capability"]}
    has, than = version_of(known.get(name, "")), version_of(value)
    return bool(has and than) and OPERATORS[sign](has[: len(than)], than)


def _is_served(capability: Version, architectures: str) -> bool:
    """By code of the same major version and no newer a minor one, or by PTX that is no newer. Names are not judged."""
    words = [word for word in re.split(r"[;,\s]+", architectures) if word]
    found = [_ARCHITECTURE.fullmatch(word) for word in words]
    if not found or not all(found):
        return True
    for one in found:
        has = version_of(one[1]) if one else ()
        if has <= capability and (has[0] == capability[0] or (one and one[2])):
            return True
    return False
