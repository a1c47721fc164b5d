# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the action plugins that relay something have in common: one pass for all hosts of a task, by agents."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.text.formatters import human_to_bytes
from ansible.plugins.action import ActionBase
from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import AgentLink, Events
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import section_of, with_page
from ansible_collections.distrain.cluster.plugins.module_utils.base.port_range import parsed_port_range
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.fleet import Fleet
from ansible_collections.distrain.cluster.plugins.module_utils.delivery.keys import RelayKeys

from ..control.bundle import bundle
from ..control.other_host import OtherHost
from ..control.parent_process import ParentProcess
from ..control.participants import participants
from ..control.remote_agent import RemoteAgent
from ..control.running_tasks import RunningTasks
from ..control.same_task import SameTask
from ..control.shared_pass import Results, SharedPass
from ..control.ssh import SshTarget, ssh_target_of
from .keys import RunAuthority

# By what is relayed, the agent's module below module_utils.
AGENTS = {"image": "layers.agent", "tree": "tree.agent"}
# Those that a module of this kind has beside its own.
RELAY_ARGUMENTS: dict[str, Any] = {
    "source_host": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str"},
    "addresses": {"type": "dict", "default": {}},
    "ports": {"type": "str", "default": ""},
    "disk_reserve": {"type": "str", "default": "1G"},
    "patience": {"type": "int", "default": 60},
}


class RelayAction(ActionBase):
    """The task of the first host does the work for all that run the same; the others find their results."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True
    # Those of the module, RELAY_ARGUMENTS among them.
    argument_spec: dict[str, Any]
    # What the agents relay.
    kind: str

    def prepare(self) -> Callable[[Fleet, Sequence[str]], Results]:
        """Return the function that does the work; raise ClusterError where the arguments contradict each other."""
        raise NotImplementedError

    def relay_order(self) -> dict[str, Any]:
        """Return the fields of RelayOrder, as the arguments set them."""
        return {
            "source": self.arguments["source_host"],
            "disk_reserve": bytes_of("disk_reserve", self.arguments["disk_reserve"]),
            "patience": self.arguments["patience"],
            "addresses": self.arguments["addresses"],
            "ports": parsed_port_range("ports", self.arguments["ports"]),
            "keys": RelayKeys(RunAuthority),
        }

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        # A killed ansible-playbook must not leave a worker behind that goes on sending and writing.
        ParentProcess().end_with_it()
        self._variables = task_vars or {}
        self.arguments = self._validated(self._task.args)
        own_name = self._variables["inventory_hostname"]
        if self._task.delegate_to not in (None, own_name):
            message = (
                f"{self._task.action} cannot be delegated: {self._task.delegate_to} would get what is for {own_name}. "
                "Name the hosts in its option hosts instead."
            )
            return {**result, "failed": True, "msg": message}
        named = self.arguments["hosts"] or self._variables["ansible_play_batch"]
        same = SameTask(self, self._variables, self._validated)
        running = RunningTasks(constants.DEFAULT_LOCAL_TMP, self._task._uuid)
        shared = SharedPass(constants.DEFAULT_LOCAL_TMP, f"{self._task._uuid} {same.key}")

        def work(waiting: list[str]) -> Results:
            is_named = bool(self.arguments["hosts"]) or self._task.run_once
            results = self._deliver_to(participants(same, own_name, waiting, running, self._forks(), is_named))
            return {own_name: _all_as_one(own_name, results)} if self._task.run_once else results

        with running.running(own_name, same.key):
            # A failure is returned, not raised: failed_when of a task does not see what was raised.
            result |= shared.result_for(own_name, list(dict.fromkeys([*named, own_name])), work)
        if result.get("failed"):
            result["msg"] = with_page(result["msg"], section_of(self._task.action))
        return result

    def _validated(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments with their defaults; raise AnsibleActionFail where they are wrong."""
        found = ArgumentSpecValidator(self.argument_spec).validate(dict(arguments))
        if found.error_messages:
            raise AnsibleActionFail(f"{self._task.action}: {'; '.join(found.error_messages)}")
        validated: dict[str, Any] = found.validated_parameters
        return validated

    def _forks(self) -> int:
        """How many hosts' processes run at a time."""
        forks = int(context.CLIARGS.get("forks") or constants.DEFAULT_FORKS)
        return min(forks, self._task.throttle or forks)

    def _deliver_to(self, hosts: Sequence[str]) -> Results:
        """The results of all hosts; what is wrong with the task itself fails each of them."""
        try:
            deliver = self.prepare()
            with contextlib.ExitStack() as stack:
                failures: dict[str, ClusterError] = {}
                targets = self._ssh_targets([self.arguments["source_host"], *hosts], stack, failures)
                fleet = stack.enter_context(Fleet(starts(targets, self.kind)))
                fleet.failed.update(failures)
                return deliver(fleet, hosts)
        except ClusterError as error:
            return {host: {"failed": True, "msg": error.message, **error.details} for host in hosts}
        except AnsibleError as error:
            return {host: {"failed": True, "msg": str(error)} for host in hosts}

    def _ssh_targets(
        self, hosts: Sequence[str], stack: contextlib.ExitStack, failures: dict[str, ClusterError]
    ) -> Iterator[SshTarget]:
        """Yield the target of each host's connection; why there is none for a host goes into ``failures``.

        What is opened for it is closed with the stack.
        """
        own_name = self._variables["inventory_hostname"]
        others = [OtherHost(self, host, self._variables) for host in dict.fromkeys(hosts) if host != own_name]
        yield ssh_target_of(own_name, self._connection)
        for other in others:
            stack.callback(other.close)
            try:
                target = ssh_target_of(other.name, other.prepare_connection())
            except AnsibleError as error:
                failures[other.name] = ClusterError(f"The connection to {other.name} cannot be set up: {error.message}")
            else:
                yield target


def starts(targets: Iterable[SshTarget], kind: str) -> Iterator[tuple[str, Callable[[Events], AgentLink]]]:
    """Yield each host with what starts its agent for this kind of item."""
    module = AGENTS[kind]
    program = bundle(module)
    for target in targets:
        yield target.host_name, functools.partial(RemoteAgent, target, module=module, program=program)


def _all_as_one(own: str, results: Results) -> dict[str, Any]:
    """The result of a task that Ansible runs once for all: it has failed where any host has."""
    one = {**results[own], "changed": any(result.get("changed") for result in results.values())}
    failed = {host: result["msg"] for host, result in results.items() if result.get("failed")}
    if failed:
        one |= {"failed": True, "msg": " ".join(f"{host}: {message}" for host, message in failed.items())}
    return one


def bytes_of(option: str, written: str) -> int:
    """Return the bytes of a size such as 20G; raise ClusterError where it is none."""
    try:
        return int(human_to_bytes(written))
    except ValueError as error:
        raise ClusterError(f"{option} cannot be read: {error}. Give bytes, or a size such as 20G.") from error
