# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts of a job on this machine: their keys, their services, and the agents that a keeper has there."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import Events
from ansible_collections.distrain.cluster.plugins.module_utils.follow.host_agents import HostAgents
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.link import Address, TlsLink
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.listener import JOB, Listener
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place, write_json
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import CLIENT, SERVER, RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.paths import COLLECTIONS

_PROGRAM = """
import sys
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.daemon import PROGRAMS
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.place import Place
PROGRAMS[sys.argv[1]](Place(*sys.argv[2:]))
"""


class JobHost:
    """A host that listens for the keeper of the job C(sft), whose directory is ``directory``."""

    def __init__(self, base: Path, directory: Path, job: str = "sft") -> None:
        self.place = Place("llama-factory", job, str(base))
        self.place.make()
        authority = RunAuthority()
        self.identity = self.place.identity(0)
        self.keeper = authority.keys_for("keeper", CLIENT)
        self.keys = authority.keys_for(self.identity, SERVER)
        self.job = {
            "name": job,
            "container": "t-gpu-01",
            "directory": str(directory),
            "output_directory": None,
            "output_root": None,
        }
        # No engine can have a project of this file, so that no container of a real one is touched.
        of_host = {"trainer": "llama-factory", "compose_file": str(base / "none.yml"), "leader": "", "key_names": []}
        write_json(self.place.host, {"job": self.job, "keys": dataclasses.asdict(self.keys), **of_host})
        self._base = base
        self.listener = self._listen()

    def restart(self) -> None:
        """Let another service listen in the place of this one."""
        self.listener.close()
        self.listener = self._listen()

    def _listen(self) -> Listener:
        return Listener("127.0.0.1", 0, _command_of(str(self._base)), str(self._base))

    def connect(self, host: str, events: Events, keys: RunKeys | None = None, port: int | None = None) -> TlsLink:
        address = Address("127.0.0.1", port or self.listener.port, self.identity)
        return TlsLink(host, address, keys or self.keeper, JOB, events)

    def agents(self, *hosts: str) -> HostAgents:
        """The keeper's agents; a host of the name C(unreachable) is one at which nothing listens."""
        watch = {"do": "watch", "interval": 0.1, "lines": 5}
        return HostAgents(
            dict.fromkeys(hosts, watch),
            lambda host, events: self.connect(host, events, port=1 if host == "unreachable" else None),
        )


def _command_of(base: str) -> Callable[[str, Place], list[str]]:
    environment = ["env", f"PYTHONPATH={COLLECTIONS}"]

    def command(program: str, place: Place) -> list[str]:
        return [*environment, sys.executable, "-c", _PROGRAM, program, place.trainer, place.job, base]

    return command
