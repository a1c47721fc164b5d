#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mirrors_info
version_added: "1.0.0"
short_description: Ask mirrors from a host whether they answer, and with what
description:
  - Asks all addresses at once, and waits for none longer than O(timeout).
  - Of a repository of apt it reads by which date it describes itself, whether that is still valid, and whether it has
    the versions that are wanted. Nothing is installed or kept.
  - Needs nothing but Python on the host.
extends_documentation_fragment:
  - distrain.cluster.attributes.info
seealso:
  - module: ansible.builtin.uri
    description: Asks one address, with all that HTTP has.
options:
  addresses:
    description: What to ask for.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the address is called in messages.
        type: str
        required: true
      kind:
        description:
          - V(apt) is the InRelease file of a repository, V(key) a signing key, whose text is returned, and V(page)
            anything of which only matters that it is there.
        type: str
        choices: [apt, key, page]
        required: true
      url:
        description: The address, without a password.
        type: str
        required: true
      index:
        description: Of V(apt) the address of its index of packages, without the ending of its compression.
        type: str
        default: ""
      packages:
        description: Of V(apt) the versions that it has to have, by the names of packages; C(*) stands for anything.
        type: dict
        default: {}
  timeout:
    description: How many seconds to wait for each of them.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Ask the mirror of Docker's repository
  distrain.cluster.mirrors_info:
    addresses:
      - name: docker
        kind: apt
        url: https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux/debian/dists/trixie/InRelease
  register: asked
"""

RETURN = r"""
answers:
  description: The answers, in the order of O(addresses).
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: The name., type: str, sample: docker}
    url: {description: The address., type: str, sample: "https://mirror.example.org/docker/linux/debian/dists/trixie/InRelease"}
    status: {description: The HTTP status; V(none) where there was none., type: int, sample: 200}
    said: {description: "Why there is no status, or what the server called it.", type: str, sample: nothing came}
    seconds: {description: How long it took., type: float, sample: 0.2}
    begins: {description: The beginning of what came., type: str, sample: -----BEGIN PGP SIGNED MESSAGE-----}
    fields: {description: "Of V(apt), how it describes itself.", type: dict, sample: {Suite: trixie}}
    is_expired: {description: Whether the time of its Valid-Until is over., type: bool, sample: false}
    missing:
      description: The wanted packages that it does not have, each with the newest version that it has.
      type: dict
      sample: {nvidia-container-toolkit: 1.17.8-1}
    text: {description: Of V(key) the key., type: str, sample: -----BEGIN PGP PUBLIC KEY BLOCK-----}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine
from ansible_collections.distrain.cluster.plugins.module_utils.web.mirror import APT, KEY, PAGE, ask_mirrors

ADDRESS_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": [APT, KEY, PAGE], "required": True},
    "url": {"type": "str", "required": True},
    "index": {"type": "str", "default": ""},
    "packages": {"type": "dict", "default": {}},
}
ARGUMENT_SPEC: dict[str, Any] = {
    "addresses": {"type": "list", "elements": "dict", "required": True, "options": ADDRESS_SPEC},
    "timeout": {"type": "float", "default": 10},
}


def observe(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"answers": ask_mirrors(params["addresses"], params["timeout"])}


def main() -> None:
    run_info_without_engine(observe, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
