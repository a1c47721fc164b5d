# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write and sign the manifest of a bundle; see the documentation of the module of this name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.distrain.cluster.plugins.module_utils.bundle.download import UNFINISHED
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.contents import on_hosts
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.folder import files_of
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.manifest import MANIFEST, manifest_text
from ansible_collections.distrain.cluster.plugins.plugin_utils.bundle.signature import is_signed, public_key_of, sign
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, PlayVariables


class ActionModule(PlayDecision):
    def decide(self, arguments: Mapping[str, Any], play: PlayVariables) -> dict[str, Any]:
        contents, own = plain(play.own["bundle_contents"]), play.own["bundle_arguments"]
        folder, key = Path(contents["folder"]), Path(own["signing_key"]).expanduser()
        may_change = not self._task.check_mode
        public_key = public_key_of(key, may_make=may_change)
        if not folder.is_dir():
            return {"changed": True, "public_key": public_key, "files": 0, "bytes": 0}
        if may_change:
            for unfinished in folder.rglob(f"*{UNFINISHED}"):
                unfinished.unlink()
        found = files_of(folder, lambda _path, _size: True)
        text = manifest_text(as_hosts_read_it(contents), found)
        path = folder / MANIFEST
        is_current = path.is_file() and path.read_text() == text and is_signed(folder, text, public_key)
        if may_change and not is_current:
            write(path, text)
            sign(folder, key)
        size = sum(one.size for one in found.values())
        return {"changed": not is_current, "public_key": public_key, "files": len(found), "bytes": size}


def as_hosts_read_it(contents: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contents without the paths of keys that this machine has for itself."""
    hosts = {name: {**one, "sources": on_hosts(one["sources"])} for name, one in contents["distributions"].items()}
    return {**contents, "distributions": hosts}


def write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
        path.chmod(0o644)
    except OSError as error:
        raise AnsibleActionFail(f"{path} cannot be written on the controller: {error}.") from error
