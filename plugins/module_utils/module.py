# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only file that knows AnsibleModule: observe, plan, apply, verify, and our errors caught once.

A module describes itself as an Operation and calls run(). Check mode is "stop before apply" and diff
mode is "show the plan"; no module asks for either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ansible.module_utils.basic import AnsibleModule

from .base.errors import ClusterError
from .base.pages import section_of, with_page
from .base.plan import Plan, Step
from .engine.sdk import Engine

State = TypeVar("State")

ENGINE_OPTIONS: dict[str, Any] = {
    "docker_host": {"type": "str", "default": "unix:///var/run/docker.sock"},
    "engine_timeout": {"type": "int", "default": 60},
}


@dataclass(frozen=True)
class Operation(Generic[State]):
    """What a module is made of; each part gets the module's parameters last.

    observe  reads the state and changes nothing.
    plan     is pure, and lives in a C(*_plan.py).
    apply    carries out one step of the plan.
    report   is what the module returns beside C(changed) and C(diff).
    """

    observe: Callable[[Any, Mapping[str, Any]], State]
    plan: Callable[[State, Mapping[str, Any]], Plan]
    apply: Callable[[Any, Step, Mapping[str, Any]], None]
    report: Callable[[State, Mapping[str, Any]], dict[str, Any]]
    argument_spec: Mapping[str, Any] = field(default_factory=dict)
    module_options: Mapping[str, Any] = field(default_factory=dict)


def run(operation: Operation[State]) -> None:
    """Run a module that may change something, and exit."""
    module = _build(operation.argument_spec, operation.module_options)
    _run(operation, module, lambda: _connect(module.params))


def run_without_engine(operation: Operation[State]) -> None:
    """Run a module that may change something and has nothing to do with an engine, and exit; its parts get none."""
    module = AnsibleModule(
        argument_spec=dict(operation.argument_spec), supports_check_mode=True, **operation.module_options
    )
    _run(operation, module, lambda: None)


def _run(operation: Operation[State], module: AnsibleModule, connect: Callable[[], Any]) -> None:
    try:
        engine = connect()
        observed = operation.observe(engine, module.params)
        plan = operation.plan(observed, module.params)
        if plan.changes and not module.check_mode:
            for step in plan.steps:
                operation.apply(engine, step, module.params)
            observed = operation.observe(engine, module.params)
            _verify(operation.plan(observed, module.params))
        result = operation.report(observed, module.params)
    except ClusterError as error:
        module.fail_json(msg=_message(module, error), **error.details)
    module.exit_json(changed=plan.changes, diff={"before": dict(plan.before), "after": dict(plan.after)}, **result)


def run_info(
    observe: Callable[[Engine, Mapping[str, Any]], dict[str, Any]],
    argument_spec: Mapping[str, Any] | None = None,
) -> None:
    """Run a module that only reads, and exit with what it read."""
    module = _build(argument_spec or {}, {})
    try:
        result = observe(_connect(module.params), module.params)
    except ClusterError as error:
        module.fail_json(msg=_message(module, error), **error.details)
    module.exit_json(changed=False, **result)


def run_info_without_engine(
    observe: Callable[[Mapping[str, Any]], dict[str, Any]],
    argument_spec: Mapping[str, Any],
    module_options: Mapping[str, Any] | None = None,
) -> None:
    """Run a module that only reads and must work before an engine is there, and exit with what it read."""
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **(module_options or {}))
    try:
        result = observe(module.params)
    except ClusterError as error:
        module.fail_json(msg=_message(module, error), **error.details)
    module.exit_json(changed=False, **result)


def _build(argument_spec: Mapping[str, Any], module_options: Mapping[str, Any]) -> AnsibleModule:
    return AnsibleModule(argument_spec={**ENGINE_OPTIONS, **argument_spec}, supports_check_mode=True, **module_options)


def _message(module: AnsibleModule, error: ClusterError) -> str:
    return with_page(error.message, error.section or section_of(module._name))


def _connect(params: Mapping[str, Any]) -> Engine:
    return Engine.connect(params["docker_host"], timeout=params["engine_timeout"])


def _verify(leftover: Plan) -> None:
    if leftover.changes:
        verbs = ", ".join(step.verb for step in leftover.steps)
        raise ClusterError(f"Every step was carried out, yet this is still to be done: {verbs}.")
