#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_tokens
short_description: Make the join tokens of a swarm anew
version_added: "1.0.0"
description:
  - Rotates the secrets with which hosts join. The tokens until now are worth nothing from then on; nodes stay nodes.
  - Runs on a manager. No token is in any result, difference or log.
extends_documentation_fragment:
  - distrain.cluster.engine
  - distrain.cluster.attributes
attributes:
  diff_mode:
    details: It says whose token is made anew, and shows none.
  idempotent:
    support: none
    details: Each run makes new tokens.
options:
  roles:
    description: Of which roles the tokens are made anew.
    type: list
    elements: str
    choices: [worker, manager]
    default: [worker, manager]
seealso:
  - module: community.docker.docker_swarm
    description: >-
      Rotates tokens too (C(rotate_worker_token), C(rotate_manager_token)), and returns them. Take it where a later
      task needs to read them. No token is in any result of this module.
  - module: distrain.cluster.swarm_join
"""

EXAMPLES = r"""
- name: Rotate the join tokens
  distrain.cluster.swarm_tokens:
"""

RETURN = r"""
roles:
  description: The roles whose tokens were made anew.
  returned: success
  type: list
  elements: str
  sample: [worker, manager]
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Step
from ansible_collections.distrain.cluster.plugins.module_utils.engine.sdk import Engine
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.messages import explain_lost_quorum
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.steps import observe_membership
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.tokens_plan import Tokens, plan_rotation

ARGUMENT_SPEC = {
    "roles": {
        "type": "list",
        "elements": "str",
        "choices": ["worker", "manager"],
        "default": ["worker", "manager"],
    },
}


class Rotation:
    """What a run of the module has to remember: the fingerprints of the tokens that it found."""

    def __init__(self) -> None:
        self._first: dict[str, str] | None = None

    def observe(self, engine: Engine, params: Mapping[str, Any]) -> Tokens:
        membership = observe_membership(engine, params)
        if membership.is_manager and membership.error:
            raise PlanError(explain_lost_quorum(membership))
        swarm = engine.swarm() if membership.is_manager else None
        if swarm is None:
            raise PlanError("This host is no manager of a swarm: it has no join tokens.")
        now = {role.lower(): _fingerprint(token) for role, token in swarm["JoinTokens"].items()}
        self._first = self._first or now
        return Tokens(self._first, now)

    def report(self, tokens: Tokens, params: Mapping[str, Any]) -> dict[str, Any]:
        return {"roles": list(params["roles"])}


def apply(engine: Engine, step: Step, params: Mapping[str, Any]) -> None:
    roles = step.arguments["roles"]
    engine.rotate_join_tokens(worker="worker" in roles, manager="manager" in roles)


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def main() -> None:
    rotation = Rotation()
    run(Operation(rotation.observe, plan_rotation, apply, rotation.report, ARGUMENT_SPEC))


if __name__ == "__main__":
    main()
