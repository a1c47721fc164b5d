# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role docker needs to know of a host; nothing is changed, and no engine is needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..apt.packages import candidates, replaced
from ..apt.preview import preview_source
from ..base.command import command_output
from ..host.engine import cli_plugins
from ..host.facts import observe_host
from ..swarm.facts import observe_engine
from .packages import ENGINE_PACKAGES, OBSERVED_PACKAGES
from .preview import preview_configuration
from .provenance import observe_provenance
from .unit import EngineUnit

HOST_FACTS = ("distribution", "architecture", "packages")
LIST_PACKAGES = (
    "import importlib.metadata as m; "
    "print(*(f\"{one.metadata['Name']}=={one.version}\" for one in m.distributions()), sep='\\n')"
)


def observe_docker(params: Mapping[str, Any]) -> dict[str, Any]:
    """The host's packages, its sources of apt, its engine with its configuration, and the modules' Python."""
    facts = observe_host([], OBSERVED_PACKAGES)
    host = {name: facts[name] for name in HOST_FACTS}
    engine = observe_engine(params["docker_socket"])
    return {
        **host,
        "candidates": candidates(params["candidates"]),
        "replaced": replaced(params["simulate"], ENGINE_PACKAGES),
        "source": preview_source(params["source"], host) if params["source"] else None,
        "cli_plugins": cli_plugins(),
        "engine": {name: engine[name] for name in ("installed", "version", "error")},
        "provenance": observe_provenance(EngineUnit(params["docker_socket"]).command()),
        "is_enabled": command_output("systemctl", "is-enabled", "docker.service") == "enabled",
        "configuration": preview_configuration(params["configuration"], params["docker_socket"]),
        "python": {
            "exists": os.access(params["python"], os.X_OK),
            "packages": command_output(params["python"], "-I", "-c", LIST_PACKAGES).splitlines(),
        },
    }
