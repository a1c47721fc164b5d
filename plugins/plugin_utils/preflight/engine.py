# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the findings about the Docker engines of the hosts, those that do not answer among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..findings.finding import Finding
from ..installation.engine_version import engine_major
from .report import HostReport, PreflightSettings, answering

MINIMUM_ENGINE_MAJOR = 25
# Their own docker.io is older than the engine that is needed.
DISTRIBUTIONS_WITH_OLD_ENGINE = {("debian", "11"), ("debian", "12")}
PLUGINS = ("buildx", "compose")


def find_engine_problems(reports: Sequence[HostReport], wanted: PreflightSettings) -> Iterator[Finding]:
    for report, facts in answering(reports):
        engine = report.engine
        yield from _configuration(report.name, engine)
        yield from _silence(report.name, engine)
        if report.docker_source == "distribution":
            yield from _age(report, facts["distribution"])
        yield from _modes(report.name, engine)
        yield from _plugins(report.name, engine)


def _configuration(host: str, engine: Mapping[str, Any]) -> Iterator[Finding]:
    configuration = engine.get("configuration") or {}
    if configuration.get("problem"):
        path = configuration["path"]
        found = f"{path} is no configuration of an engine: {configuration['problem']}"
        yield Finding(
            host, "error", path, found, f"Correct it on the host, and see that dockerd --validate approves {path}."
        )


def _silence(host: str, engine: Mapping[str, Any]) -> Iterator[Finding]:
    """An engine that is there and does not answer: a stopped one, or one that does not come up."""
    if not engine.get("installed") or engine.get("version"):
        return
    path = (engine.get("configuration") or {}).get("path", "/etc/docker/daemon.json")
    state = f" (docker.service is {engine['unit_state']})" if engine.get("unit_state") else ""
    said = engine.get("error") or "no answer"
    journal = engine.get("journal")
    reason = f"; its journal says: {journal}" if journal else ""
    found = f"its Docker Engine is installed and does not answer{state}: {said}{reason}"
    remedy = f"Correct what the journal names, mostly in {path}, and start the engine: systemctl start docker."
    if not journal:
        remedy = (
            "Start the engine: systemctl start docker. Where it does not come up, correct what journalctl -u docker "
        )
        remedy += f"names, mostly in {path}."
    yield Finding(host, "error", "docker.service", found, remedy)


def _age(report: HostReport, distribution: Mapping[str, Any]) -> Iterator[Finding]:
    remedy = "Set docker_source to docker, to install it from Docker's own repository."
    version = report.engine.get("version")
    if version and engine_major(version) < MINIMUM_ENGINE_MAJOR:
        found = f"runs Docker Engine {version}, older than {MINIMUM_ENGINE_MAJOR}"
        yield Finding(report.name, "error", "docker_source", found, remedy)
    elif not version and (distribution["id"], distribution["version"]) in DISTRIBUTIONS_WITH_OLD_ENGINE:
        found = f"{distribution['name']} has only an engine older than {MINIMUM_ENGINE_MAJOR}"
        yield Finding(report.name, "error", "docker_source", found, remedy)


def _modes(host: str, engine: Mapping[str, Any]) -> Iterator[Finding]:
    if engine.get("live_restore"):
        remedy = "Take live-restore out of /etc/docker/daemon.json and restart the engine."
        found = "its engine has live-restore on, which a swarm does not allow"
        yield Finding(host, "error", "live-restore", found, remedy)
    if engine.get("firewall_backend") == "nftables":
        remedy = "Set firewall-backend to iptables in /etc/docker/daemon.json and restart the engine."
        found = "its engine uses the nftables firewall backend, which swarm mode does not support"
        yield Finding(host, "error", "firewall-backend", found, remedy)


def _plugins(host: str, engine: Mapping[str, Any]) -> Iterator[Finding]:
    """Images are built by the one, trainers are started by the other."""
    if not engine.get("installed") or "cli_plugins" not in engine:
        return
    missing = [name for name in PLUGINS if name not in engine["cli_plugins"]]
    if missing:
        found = f"its Docker Engine is installed without the {' and the '.join(missing)} plugin of the docker command"
        remedy = "playbooks/hosts.yml installs what the engine's packages have; else install it beside the engine "
        remedy += "(docker-buildx-plugin and docker-compose-plugin of Docker's repository)."
        yield Finding(host, "warning", "docker", found, remedy)
