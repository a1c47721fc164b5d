#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_user
short_description: Keep the file of the one user that a registry lets in
version_added: "1.0.0"
description:
  - Writes the file that the CNCF registry reads its users from (htpasswd with bcrypt), with one user, for root alone.
  - The file is left alone where it lets in that user with that password and nobody else.
  - Needs no Docker and no other software; the hash is made by the C library.
extends_documentation_fragment:
  - distrain.cluster.attributes
attributes:
  diff_mode:
    details: Shows the names of the users, never passwords or their hashes.
options:
  path:
    description: The file. Its directory must exist.
    type: path
    required: true
  user:
    description: The name of the user.
    type: str
    required: true
  password:
    description: The password of the user, of at most 72 bytes.
    type: str
    required: true
seealso:
  - module: community.general.htpasswd
    description: >-
      Keeps any number of users, and needs passlib on the host. This module keeps exactly one, and needs the C library
      alone.
"""

EXAMPLES = r"""
- name: Let one user in
  distrain.cluster.registry_user:
    path: /etc/distrain-registry/users
    user: distrain
    password: "{{ vault_registry_password }}"
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.plan import Plan, Step
from ansible_collections.distrain.cluster.plugins.module_utils.module import Operation, run_without_engine
from ansible_collections.distrain.cluster.plugins.module_utils.registry.password import hashed, matches
from ansible_collections.distrain.cluster.plugins.module_utils.registry.user_plan import FILE_MODE, UserFile, plan_user
from ansible_collections.distrain.cluster.plugins.module_utils.service.plan import ServiceFile
from ansible_collections.distrain.cluster.plugins.module_utils.service.state import read_file, write_file

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def observe(engine: None, params: Mapping[str, Any]) -> UserFile:
    file = read_file(Path(params["path"]))
    if file is None:
        return UserFile()
    known = dict(line.partition(":")[::2] for line in file.content.splitlines() if line)
    is_right = matches(params["password"], known.get(params["user"], ""))
    return UserFile(tuple(known), is_right, file.mode)


def plan(file: UserFile, params: Mapping[str, Any]) -> Plan:
    return plan_user(file, params["path"], params["user"])


def apply(engine: None, step: Step, params: Mapping[str, Any]) -> None:
    line = f"{params['user']}:{hashed(params['password'])}\n"
    write_file(Path(step.arguments["path"]), ServiceFile(line, FILE_MODE))


def report(file: UserFile, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"path": params["path"]}


def main() -> None:
    run_without_engine(Operation(observe, plan, apply, report, ARGUMENTS))


if __name__ == "__main__":
    main()
