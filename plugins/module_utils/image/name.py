# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of images: C(team/trainer), C(team/trainer:latest) and C(docker.io/team/trainer:latest) are one name."""

from __future__ import annotations

import re

from ..base.errors import ClusterError

_ID = re.compile(r"(sha256:)?[0-9a-f]{12,64}")
_NAME = re.compile(r"[a-z0-9][A-Za-z0-9._:/-]*")
_DEFAULT_REGISTRIES = ("docker.io/", "index.docker.io/")


def with_tag(name: str) -> str:
    """The name as the engine lists it: with its tag, and without the default registry.

    Raises ClusterError where it is an ID or a digest: these name an image, yet an archive cannot carry them.
    """
    if "@" in name or _ID.fullmatch(name):
        raise ClusterError(
            f"{name!r} is an ID or a digest of an image. Give a name with a tag, such as team/trainer:1."
        )
    if not _NAME.fullmatch(name):
        raise ClusterError(f"{name!r} is not the name of an image. Give a name with a tag, such as team/trainer:1.")
    for registry in _DEFAULT_REGISTRIES:
        name = name.removeprefix(registry)
    name = name.removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
