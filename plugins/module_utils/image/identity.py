# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The identity of an image: what is the same on every host and under every name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# What a container of the image is started with. The engine's answers carry more keys, and not the same ones in every
# version (Hostname, Tty, Image, ...); none of those changes what runs.
_RUNTIME_KEYS = (
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "Labels",
    "OnBuild",
    "Shell",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
)


@dataclass(frozen=True)
class ImageIdentity:
    """Two images are the same when their fingerprints are; nothing else is compared.

    ``fingerprint`` is a SHA-256 over the diff IDs of the layers (in order), the runtime part of the image's config
    (its empty values dropped, because engines write them or leave them out as they please), the architecture and the
    operating system. It covers all that a container gets from the image. It does not cover the image's names, its
    history and its dates.

    The image ID alone will not do: in the classic store it is the digest of the config, in the containerd store the
    digest of the manifest, which also changes when the same layers are compressed in another way. One image has
    different IDs on two hosts with different stores. ``config_digest`` is None where it cannot be known: the
    containerd store does not report it.
    """

    fingerprint: str
    config_digest: str | None = field(default=None, compare=False)
    diff_ids: tuple[str, ...] = field(default=(), compare=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "fingerprint": self.fingerprint,
            "config_digest": self.config_digest,
            "diff_ids": list(self.diff_ids),
        }

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> ImageIdentity:
        return cls(written["fingerprint"], written["config_digest"], tuple(written["diff_ids"]))


def identity_of_inspected(inspected: Mapping[str, Any], store: str) -> ImageIdentity:
    """Return the identity of an image as the engine's inspection shows it; ``store`` is C(classic) or C(containerd)."""
    diff_ids = tuple(inspected.get("RootFS", {}).get("Layers") or ())
    return ImageIdentity(
        fingerprint=_fingerprint(
            diff_ids, inspected.get("Config") or {}, inspected.get("Architecture", ""), inspected.get("Os", "")
        ),
        config_digest=inspected["Id"] if store == "classic" else None,
        diff_ids=diff_ids,
    )


def identity_of_config(config: bytes) -> ImageIdentity:
    """Return the identity of an image by the bytes of its config in an archive; raise ValueError if they are none."""
    parsed = json.loads(config)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("rootfs"), dict):
        raise ValueError("it has no rootfs")
    diff_ids, settings = parsed["rootfs"].get("diff_ids") or [], parsed.get("config") or {}
    if not isinstance(settings, dict) or not isinstance(diff_ids, list):
        raise ValueError("its config or its diff_ids are of another form")
    diff_ids = tuple(map(str, diff_ids))
    return ImageIdentity(
        fingerprint=_fingerprint(diff_ids, settings, parsed.get("architecture", ""), parsed.get("os", "")),
        config_digest=f"sha256:{hashlib.sha256(config).hexdigest()}",
        diff_ids=diff_ids,
    )


def is_config_of(config: bytes, identity: ImageIdentity) -> bool:
    """Return whether these bytes are the config of this very image."""
    try:
        found = identity_of_config(config)
    except (ValueError, AttributeError, TypeError):
        return False
    return found == identity and identity.config_digest in (None, found.config_digest)


def _fingerprint(diff_ids: Sequence[str], config: Mapping[str, Any], architecture: str, system: str) -> str:
    covered = {
        "architecture": architecture,
        "config": {key: config[key] for key in _RUNTIME_KEYS if config.get(key)},
        "diff_ids": list(diff_ids),
        "os": system,
    }
    written = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(written.encode()).hexdigest()}"
