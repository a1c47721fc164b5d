# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An engine that somebody else installed or configured is kept, or refused with the remedy."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.former_engine import (
    option_notes,
    option_problems,
    provenance_problems,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.installation.hosts import Host

PACKAGED = {"program": "/usr/bin/dockerd", "package": "docker-ce", "replacements": [], "held": []}
NONE = {**PACKAGED, "program": "", "package": ""}


def with_provenance(version: str | None = "28.5.2", **changes: Any) -> Host:
    return Host("gpu-01", {}, {"provenance": {**PACKAGED, **changes}, "engine": {"version": version}})


def with_options(flags: list[str] | None = None, **options: Any) -> Host:
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return Host("gpu-01", {}, {"configuration": {"options": named, "flags": ["hosts"] if flags is None else flags}})


@pytest.mark.parametrize(
    ("host", "packages"),
    [
        pytest.param(with_provenance(), ["docker-buildx-plugin"], id="docker-ce"),
        pytest.param(with_provenance(package="docker.io"), [], id="docker.io"),
        pytest.param(with_provenance(None, **NONE), ["docker.io"], id="none"),
        pytest.param(with_provenance(held=["docker-ce"]), ["iptables"], id="held, and not to be changed"),
    ],
)
def test_what_is_kept(host: Host, packages: list[str]) -> None:
    assert list(provenance_problems(host, packages)) == []


@pytest.mark.parametrize(
    ("host", "said"),
    [
        pytest.param(with_provenance(replacements=["snap"]), "snap remove --purge docker", id="snap"),
        pytest.param(with_provenance(**{**NONE, "replacements": ["podman-docker"]}), "apt-get remove podman-docker"),
        pytest.param(with_provenance(**{**NONE, "replacements": ["docker-desktop"]}), "virtual machine", id="desktop"),
        pytest.param(
            with_provenance(program="/usr/local/bin/dockerd", package=""),
            "belongs to no package; .* rm /usr/local/bin/dockerd",
        ),
        pytest.param(with_provenance(package="moby-engine"), "the package moby-engine; .* apt-get remove moby-engine"),
        pytest.param(with_provenance("4.9.3", **NONE), "there is no dockerd.*ss -xlp", id="podman's interface"),
        pytest.param(with_provenance(held=["docker-ce", "bash"]), "apt-mark unhold docker-ce,", id="held"),
    ],
)
def test_what_is_refused_with_one_remedy(host: Host, said: str) -> None:
    (problem,) = provenance_problems(host, ["docker-ce"])
    assert re.search(said, problem)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (with_options(live_restore=True), "live-restore cannot be in a swarm.*{live-restore: false}"),
        (with_options(firewall_backend="nftables"), "{firewall-backend: iptables}"),
        (with_options(userns_remap="default"), "userns-remap the root of a container is a stranger"),
        (with_options(["userns-remap"]), "userns-remap"),
        (with_options(hosts=["fd://"]), "given both does not start.*systemctl edit"),
        (with_options([], hosts=["tcp://127.0.0.1:2375"]), "without fd:// and unix:///var/run/docker.sock"),
    ],
)
def test_options_that_carry_no_cluster(host: Host, said: str) -> None:
    (problem,) = option_problems(host)
    assert re.search(said, problem)


@pytest.mark.parametrize(
    "host",
    [
        with_options(),
        with_options(live_restore=False, userns_remap="", firewall_backend="iptables", iptables=True),
        with_options([], hosts=["unix:///run/docker.sock", "tcp://10.0.0.1:2376"], tlsverify=True),
    ],
)
def test_options_that_are_kept(host: Host) -> None:
    assert [*option_problems(host), *option_notes(host)] == []


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (with_options(iptables=False), "iptables is false, and is kept"),
        (with_options([], hosts=["fd://", "tcp://0.0.0.0:2375"]), "without tlsverify.*root on the host"),
    ],
)
def test_what_is_kept_and_may_surprise(host: Host, said: str) -> None:
    (note,) = option_notes(host)
    assert re.search(said, note)
    assert note.startswith("gpu-01: ")
