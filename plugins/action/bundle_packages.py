# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring to a host what it lacks of a bundle's packages; see the documentation of the module of this name."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.plain import plain

ARGUMENTS = {
    "stage": {"type": "str", "choices": ["ask", "send"], "required": True},
    "packages": {"type": "list", "elements": "str", "required": True},
    "asked": {"type": "dict"},
}
OBSERVE = "distrain.cluster.bundle_packages_info"


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        decision = plain(variables["bundle_decision"])
        host = decision["hosts"].get(variables["inventory_hostname"]) or {}
        self._folder, self._variables = Path(decision["path"]), variables
        self._host = host or {"name": "", "directory": "/nonexistent", "architecture": "", "sources": [], "index": []}
        if arguments["stage"] == "ask":
            return {"changed": False, **self._ask(arguments["packages"])}
        return self._send(arguments["packages"], plain(arguments["asked"] or {}).get("send") or [])

    def _ask(self, packages: Sequence[str]) -> dict[str, Any]:
        """Return what apt needs. In check mode no index is sent, and apt is not asked."""
        looked = self._observe(packages)
        if not looked["lacks"] or self._task.check_mode:
            return {**looked, "send": []}
        if not self._host["name"]:
            lacks = f"the bundle has no packages of its distribution, and it lacks {', '.join(looked['lacks'])}."
            return {**looked, "send": [], "problem": lacks}
        if looked["send"]:
            self._bring(looked["send"], packages)
        return self._observe(packages, ask=True)

    def _send(self, packages: Sequence[str], files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        if files and not self._task.check_mode:
            self._bring(files, packages)
        after = [one["path"] for one in files]
        return {"changed": bool(files), "diff": {"before": [], "after": after}, "lacks": [], "send": [], "problem": ""}

    def _bring(self, files: Sequence[Mapping[str, Any]], packages: Sequence[str]) -> None:
        """Send files as one archive, which the host unpacks and verifies; raise AnsibleActionFail."""
        with tempfile.NamedTemporaryFile(prefix="distrain-bundle-") as archive:
            with tarfile.open(fileobj=archive, mode="w") as tar:
                for one in files:
                    name = one["path"].removeprefix("apt/")
                    tar.add(self._folder / "apt" / self._host["name"] / name, one["path"], recursive=False)
            archive.flush()
            remote = self._connection._shell.join_path(
                self._connection._shell.tmpdir or self._make_tmp_path(), "bundle.tar"
            )
            self._transfer_file(archive.name, remote)
        self._observe(packages, archive=remote, files=list(files))

    def _observe(self, packages: Sequence[str], **others: Any) -> dict[str, Any]:
        given = {name: self._host[name] for name in ("directory", "architecture", "sources", "index")}
        arguments = {**given, "packages": list(packages), **others}
        done = self._execute_module(module_name=OBSERVE, module_args=arguments, task_vars=self._variables)
        if done.get("failed"):
            raise AnsibleActionFail(str(done.get("msg") or "the module failed"), result=done)
        return {name: done[name] for name in ("lacks", "send", "problem")}
