# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of M(distrain.cluster.image_transfer), which is all of it: it stands between the two hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.text.formatters import human_to_bytes
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.distrain.cluster.plugins.module_utils.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.image_identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image_name import with_tag
from ansible_collections.distrain.cluster.plugins.module_utils.image_state import HostImages
from ansible_collections.distrain.cluster.plugins.module_utils.image_transfer_plan import (
    End,
    identity_of,
    plan_transfer,
    plan_transfer_of_missing,
)
from ansible_collections.distrain.cluster.plugins.module_utils.plan import Plan, Step
from ansible_collections.distrain.cluster.plugins.plugin_utils.image_carrier import (
    ImageCarrier,
    RelayThroughController,
    RemoteEngine,
    Sent,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.other_host import OtherHost
from ansible_collections.distrain.cluster.plugins.plugin_utils.ssh_command import reach_of

_IMAGE_INFO = "distrain.cluster.image_info"
_ARGUMENTS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "source_host": {"type": "str", "required": True},
    "disk_reserve": {"type": "str", "default": "1G"},
    "docker_host": {"type": "str", "default": "unix:///var/run/docker.sock"},
    "engine_timeout": {"type": "int", "default": 60},
}


class ActionModule(ActionBase):
    """Observe both ends, plan, send, verify."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        self._variables = task_vars or {}
        self._arguments = self.validate_argument_spec(argument_spec=_ARGUMENTS)[1]
        self._own_name = self._variables["inventory_hostname"]
        # A failure is returned, not raised: failed_when of a task does not see what was raised.
        try:
            return {**result, **self._transfer()}
        except ClusterError as error:
            return {**result, "failed": True, "msg": error.message, **error.details}
        except AnsibleActionFail as error:
            return {**result, "failed": True, "msg": error.message}

    def _transfer(self) -> dict[str, Any]:
        source_name = self._arguments["source_host"]
        other = OtherHost(self, source_name, self._variables) if source_name != self._own_name else None
        try:
            return self._observe_and_transfer(source_name, other)
        finally:
            if other:
                other.close()

    def _observe_and_transfer(self, source_name: str, other: OtherHost | None) -> dict[str, Any]:
        name = with_tag(self._arguments["name"])
        target = End(self._own_name, self._observe_own())
        source = End(source_name, self._observe_other(other)) if other else target
        plan = self._plan(name, source, target)
        sent = Sent(0, 0, 0.0)
        if not self._task.check_mode:
            for step in plan.steps:
                sent = self._apply(step, source, target, other)
        identity = identity_of(name, source)
        return {
            "changed": plan.changes,
            "diff": {"before": dict(plan.before), "after": dict(plan.after)},
            "bytes_sent": sent.bytes_sent,
            "layers_sent": sent.layers_sent,
            "seconds": sent.seconds,
            "image_identity": identity.to_dict() if identity else None,
            **self._foretell(plan, source_name),
        }

    def _plan(self, name: str, source: End, target: End) -> Plan:
        if self._task.check_mode and source.images.named(name) is None:
            return plan_transfer_of_missing(name, source.host, target.host)
        try:
            reserve = human_to_bytes(self._arguments["disk_reserve"])
        except ValueError as error:
            raise ClusterError(f"disk_reserve cannot be read: {error}. Give bytes, or a size such as 20G.") from error
        return plan_transfer(name, source, target, reserve)

    def _foretell(self, plan: Plan, source_name: str) -> dict[str, str]:
        if not (self._task.check_mode and plan.changes):
            return {}
        what = "be sent" if plan.steps[0].verb == "send" else "get its name only"
        return {"msg": f"The image {self._arguments['name']} of {source_name} would {what}."}

    def _apply(self, step: Step, source: End, target: End, other: OtherHost | None) -> Sent:
        engine = RemoteEngine(reach_of(target.host, self._connection), self._arguments["docker_host"])
        name = step.arguments["name"]
        if step.verb == "tag" or other is None:
            engine.run(["image", "tag", step.arguments["id"], name])
            self._verify(name, source)
            return Sent(0, 0, 0.0)
        source_engine = RemoteEngine(reach_of(source.host, other.connection), self._arguments["docker_host"])
        carrier: ImageCarrier = RelayThroughController(source_engine, engine, Display().display)
        try:
            sent = carrier.carry(name, step.arguments["left_out"], step.arguments["size"])
            self._verify(name, source)
        except ClusterError as failure:
            held = target.images.named(name)
            try:
                engine.restore_name(name, held.id if held else None)
            except ClusterError as error:
                raise ClusterError(f"{failure.message} The name could not be given back: {error.message}") from failure
            raise
        return sent

    def _verify(self, name: str, source: End) -> None:
        expected, found = identity_of(name, source), identity_of(name, End(self._own_name, self._observe_own()))
        if found != expected:
            raise ClusterError(
                f"{name} was brought from {source.host}, yet {self._own_name} now has {_told(found)} under that name "
                f"instead of {_told(expected)}. Was it built again meanwhile? Run it again."
            )

    def _observe_own(self) -> HostImages:
        found = self._execute_module(
            module_name=_IMAGE_INFO, module_args=self._engine_arguments(), task_vars=self._variables
        )
        if found.get("failed"):
            raise ClusterError(found.get("msg") or f"The images of {self._own_name} cannot be read.")
        return HostImages.from_dict(found)

    def _observe_other(self, other: OtherHost) -> HostImages:
        return HostImages.from_dict(other.run_module(_IMAGE_INFO, self._engine_arguments()))

    def _engine_arguments(self) -> Mapping[str, Any]:
        return {name: self._arguments[name] for name in ("docker_host", "engine_timeout")}


def _told(identity: ImageIdentity | None) -> str:
    return identity.fingerprint if identity else "no image"
