# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the addresses of mirrors that the variable C(mirrors) names, by a preset or one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

PRESET = "preset"
NONE = "none"
# What each address stands for.
NAMES = {
    "apt": "the directory with debian, debian-security, ubuntu and ubuntu-ports below it",
    "docker": "https://download.docker.com/linux",
    "nvidia": "https://nvidia.github.io/libnvidia-container",
    "pip": "https://pypi.org/simple",
    "git": "https://github.com",
    "registry": "Docker Hub, as the registry-mirrors of an engine",
    "huggingface": "https://huggingface.co",
}
# As public configurations have them. apt's is without TLS, as a small base image has no certificates yet; packages are
# signed.
# Neither has NVIDIA's repository as apt reads it, so that USTC's stands for it, nor Hugging Face, nor git or a registry
# that is open to everybody.
_USTC_NVIDIA = "https://mirrors.ustc.edu.cn/libnvidia-container"
_HUGGINGFACE = "https://hf-mirror.com"
PRESETS: Mapping[str, Mapping[str, str]] = {
    NONE: {},
    "aliyun": {
        "apt": "http://mirrors.aliyun.com",
        "docker": "https://mirrors.aliyun.com/docker-ce/linux",
        "nvidia": _USTC_NVIDIA,
        "pip": "https://mirrors.aliyun.com/pypi/simple",
        "huggingface": _HUGGINGFACE,
    },
    "tuna": {
        "apt": "http://mirrors.tuna.tsinghua.edu.cn",
        "docker": "https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux",
        "nvidia": _USTC_NVIDIA,
        "pip": "https://pypi.tuna.tsinghua.edu.cn/simple",
        "huggingface": _HUGGINGFACE,
    },
}
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~%+/-]*)?")


def mirror_addresses(mirrors: Any) -> dict[str, str]:
    """Return each address by its name, without a slash at its end; an empty one is the original.

    ``mirrors`` is the name of a preset, or a mapping of addresses by name, which may name a preset with C(preset).
    Raises PlanError for anything else.
    """
    given = {PRESET: mirrors} if isinstance(mirrors, str) else mirrors
    if not isinstance(given, Mapping):
        raise PlanError(f"mirrors is {mirrors}. Set it to {_presets()}, or to a mapping of {', '.join(NAMES)}.")
    preset = given.get(PRESET) or NONE
    if preset not in PRESETS:
        raise PlanError(f"mirrors names the preset '{preset}', and there are {_presets()}.")
    own = {name: address for name, address in given.items() if name != PRESET}
    unknown = sorted(str(name) for name in own if name not in NAMES)
    if unknown:
        raise PlanError(f"mirrors has {', '.join(unknown)}, and can have {PRESET}, {', '.join(NAMES)}.")
    for name, address in own.items():
        if address and not (isinstance(address, str) and _ADDRESS.fullmatch(address)):
            raise PlanError(
                f"mirrors.{name} is not an address such as https://mirror.example.org/{name}, without a password."
            )
    return {name: str({**PRESETS[preset], **own}.get(name) or "").rstrip("/") for name in NAMES}


def mirror_of(mirrors: Any, name: str, otherwise: str = "") -> str:
    """Return the address of this name, or ``otherwise`` where there is none. Raises PlanError."""
    return mirror_addresses(mirrors)[name] or otherwise


def _presets() -> str:
    return ", ".join(PRESETS)
