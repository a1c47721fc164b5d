# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the manifest of a bundle, and whether its files are those that it lists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

VERSION = 1
MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
_SHOWN = 3


@dataclass(frozen=True)
class Found:
    """A file of the folder. ``sha256`` is empty where it was not read, as its size is wrong or it is not listed."""

    size: int
    sha256: str = ""


def manifest_text(contents: Mapping[str, Any], files: Mapping[str, Found]) -> str:
    """Return the text of a manifest; the same for the same content."""
    listed = [
        {"path": path, "size": found.size, "sha256": found.sha256, **_origin(contents["parts"], path)}
        for path, found in sorted(files.items())
    ]
    fields = {"distributions": contents["distributions"], "trainer": contents["trainer"], "files": listed}
    return json.dumps({"version": VERSION, **fields}, indent=1, sort_keys=True) + "\n"


def _origin(parts: Sequence[Mapping[str, Any]], path: str) -> dict[str, str]:
    """Return what a file is and where it is from: what is said of the longest directory that holds it."""
    words = path.split("/")
    names = ["/".join(words[:count]) for count in range(len(words), 0, -1)]
    part = next((one for name in names for one in parts if one["path"] == name), {})
    return {name: str(part.get(name, "")) for name in ("what", "source", "distribution")}


def parsed_manifest(text: str, folder: str) -> dict[str, Any]:
    """Return the manifest; raise PlanError where it is none, or of another version."""
    again = "Make the bundle again with playbooks/bundle.yml of this version of the collection."
    try:
        manifest = json.loads(text)
        version = manifest["version"]
    except (ValueError, TypeError, KeyError):
        raise PlanError(f"{folder}/{MANIFEST} is no manifest of a bundle. {again}") from None
    if version != VERSION:
        raise PlanError(
            f"The bundle {folder} has a manifest of version {version}, and this is version {VERSION}. {again}"
        )
    return dict(manifest)


def folder_problems(manifest: Mapping[str, Any], found: Mapping[str, Found]) -> Iterator[str]:
    """Yield what is wrong with the files of a folder, one sentence for each kind."""
    listed = {one["path"]: one for one in manifest["files"]}
    missing = [path for path in listed if path not in found]
    extra = [path for path in sorted(found) if path not in listed]
    short = [path for path in listed if path in found and found[path].size != listed[path]["size"]]
    other = [path for path in listed if path in found and path not in short and _differs(listed[path], found[path])]
    if missing:
        yield f"{_named(missing)} of its manifest is not there"
    if short:
        sizes = f"{found[short[0]].size} bytes, and has to have {listed[short[0]]['size']}"
        yield f"{_named(short)} has another size than its manifest says ({sizes})"
    if other:
        yield f"{_named(other)} has another content than its manifest says (SHA-256)"
    if extra:
        yield f"{_named(extra)} is not in its manifest"


def _differs(listed: Mapping[str, Any], found: Found) -> bool:
    return bool(found.sha256 != listed["sha256"])


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more
