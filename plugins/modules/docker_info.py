#!/usr/bin/python
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_info
version_added: "1.0.0"
short_description: Observe what a host lacks of Docker Engine and of the Python that the modules run in
description:
  - Reads in one go what the role docker needs to know of a host before it changes anything, for
    M(distrain.cluster.docker_decision).
  - Needs nothing but Python on the host.
extends_documentation_fragment:
  - distrain.cluster.configuration
  - distrain.cluster.configuration.source
  - distrain.cluster.engine.socket
  - distrain.cluster.attributes.info
options:
  candidates:
    description: The packages whose versions that apt would install are wanted.
    type: list
    elements: str
    default: []
  simulate:
    description:
      - The packages whose installation is simulated, C(NAME) or C(NAME=VERSION), to find out whether it replaces a
        package of the engine.
    type: list
    elements: str
    default: []
  python:
    description: The Python that should have the modules' packages.
    type: path
    default: /opt/distrain/venv/bin/python
"""

EXAMPLES = r"""
- name: Observe the host
  distrain.cluster.docker_info:
    configuration:
      owner: docker
      options: {debug: true}
  register: docker_observed
"""

RETURN = r"""
distribution:
  description: The distribution, as M(distrain.cluster.host_info) returns it.
  returned: success
  type: dict
  sample: {id: debian, version: "13", codename: trixie, name: Debian GNU/Linux 13 (trixie)}
architecture:
  description: The machine, in Debian's words.
  returned: success
  type: str
  sample: amd64
packages:
  description: The versions of the installed packages among those that the role may install.
  returned: success
  type: dict
  sample: {docker.io: 26.1.5+dfsg1-9+b9}
candidates:
  description: The versions that apt would install of O(candidates); empty where it knows none.
  returned: success
  type: dict
  sample: {docker.io: 26.1.5+dfsg1-9+b9}
replaced:
  description: The packages of the engine that an installation of O(simulate) would upgrade or remove.
  returned: success
  type: list
  elements: str
  sample: [containerd.io]
source:
  description: The state of O(source), V(none) where it was not given.
  returned: success
  type: dict
  contains:
    content: {description: The wanted content of the source file., type: str, sample: "Types: deb"}
    key: {description: The key that the host has., type: str, sample: -----BEGIN PGP PUBLIC KEY BLOCK-----}
    is_current: {description: Whether nothing has to change with this key., type: bool, sample: true}
    problem: {description: What prevents a change; empty for nothing., type: str, sample: ""}
cli_plugins:
  description: Which of the plugins buildx and compose the docker command has.
  returned: success
  type: list
  elements: str
  sample: [buildx, compose]
engine:
  description: Whether an engine is installed, the version of the running one, and why none answers.
  returned: success
  type: dict
  sample: {installed: true, version: 26.1.5, error: null}
provenance:
  description: How the engine came to the host.
  returned: success
  type: dict
  contains:
    program: {description: The path of its program; empty for none., type: str, sample: /usr/sbin/dockerd}
    package: {description: The package that the program belongs to; empty for none., type: str, sample: docker.io}
    replacements:
      description: What is installed in place of Docker's own packages.
      type: list
      elements: str
      sample: [podman-docker, snap]
    held: {description: Packages that are held (apt-mark hold)., type: list, elements: str, sample: [docker-ce]}
is_enabled:
  description: Whether the engine starts with the host.
  returned: success
  type: bool
  sample: true
configuration:
  description: What M(distrain.cluster.engine_configuration) would do.
  returned: success
  type: dict
  contains:
    steps: {description: Its steps; empty for nothing., type: list, elements: str, sample: [configure]}
    needs_restart: {description: Whether the engine would be restarted., type: bool, sample: true}
    running_work: {description: What a restart would end., type: list, elements: str, sample: []}
    options:
      description: Those options of the file, as it would be, that decide whether an engine can carry a cluster.
      type: dict
      sample: {userns-remap: default}
    flags: {description: Those of them that the engine's unit sets., type: list, elements: str, sample: [hosts]}
    problem: {description: Why it would fail; empty for nothing., type: str, sample: ""}
python:
  description: Whether O(python) can be run, and its packages as C(NAME==VERSION).
  returned: success
  type: dict
  sample: {exists: true, packages: ["docker==7.2.0"]}
"""

from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.daemon.installation import observe_docker
from ansible_collections.distrain.cluster.plugins.module_utils.daemon.preview import OBSERVED_SPEC
from ansible_collections.distrain.cluster.plugins.module_utils.module import run_info_without_engine

ARGUMENT_SPEC: dict[str, Any] = {
    **OBSERVED_SPEC,
    "candidates": {"type": "list", "elements": "str", "default": []},
    "simulate": {"type": "list", "elements": "str", "default": []},
    "python": {"type": "path", "default": "/opt/distrain/venv/bin/python"},
}


def main() -> None:
    run_info_without_engine(observe_docker, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
