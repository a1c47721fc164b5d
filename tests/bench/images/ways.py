# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways that an image goes to hosts, what they need on the lab, and what puts the lab back between two of them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.images.images import Image
from tests.bench.images.lab import Lab
from tests.faults.lab import LabError

_FILES = Path(__file__).parent / "files"
_LIMIT_SECONDS = 540
_REGISTRY = """version: 0.1
storage:
  filesystem: {rootdirectory: /var/lib/docker-registry}
http: {addr: ":5000"}
"""
# The cipher is the fastest that they have.
_SSH_CONFIG = """BatchMode yes
IdentityFile /var/lib/bench/key
UserKnownHostsFile /var/lib/bench/known_hosts
Ciphers aes128-gcm@openssh.com
"""
_NO_TRANSLATIONS = "-o Acquire::Languages=none"


def prepare(lab: Lab) -> None:
    """Install the rivals, let the source reach the others by SSH, and let those trust its registry."""
    lab.on_all(lambda host: _install(lab, host))
    lab.put(lab.source, _REGISTRY.encode(), "/etc/docker/registry/config.yml")
    lab.run_on(lab.source, "chmod 644 /etc/docker/registry/config.yml")
    lab.run_on(lab.source, "mkdir -p /var/lib/bench && ssh-keygen -q -t ed25519 -N '' -f /var/lib/bench/key <<<y")
    key = lab.run_on(lab.source, "cat /var/lib/bench/key.pub")
    lab.put(lab.source, _SSH_CONFIG.encode(), "/var/lib/bench/ssh_config")
    for script in _FILES.glob("*.sh"):
        lab.put(lab.source, script.read_bytes(), f"/var/lib/bench/{script.name}")
    lab.on_all(lambda host: _open(lab, host, key), lab.receivers)
    addresses = " ".join(map(lab.address, lab.receivers))
    lab.run_on(lab.source, f"ssh-keyscan -t ed25519 {addresses} >/var/lib/bench/known_hosts")


def empty(lab: Lab, hosts: Sequence[str], image: Image) -> None:
    """No image on the hosts, and nothing of this one prepared on the source."""
    lab.on_all(lambda host: lab.run_on(host, "docker image ls -aq | sort -u | xargs -r docker image rm -f"), hosts)
    lab.run_on(lab.source, "rm -rf /var/lib/distrain/spool")
    _script(lab, "empty_registry", image, ())


def go(lab: Lab, way: str, image: Image, hosts: Sequence[str]) -> float:
    """How long one of the rivals takes, in seconds."""
    start = time.monotonic()
    _script(lab, way, image, hosts)
    return time.monotonic() - start


def check(lab: Lab, image: Image, hosts: Sequence[str]) -> None:
    """Every host has the image of the source, whichever way it came."""
    command = f"docker image inspect --format '{{{{json .RootFS.Layers}}}}' {image.name}"
    expected = json.loads(lab.run_on(lab.source, command))
    for host, layers in lab.on_all(lambda host: lab.run_on(host, command), hosts).items():
        if json.loads(layers) != expected:
            raise LabError(f"{host} does not have the image {image.name} of {lab.source}.")


def wait_until_quiet(lab: Lab, hosts: Sequence[str], timeout: float = 60) -> None:
    """No agent of a run that was cut is left."""
    until = time.monotonic() + timeout
    for host in hosts:
        while lab.ask(host, "pgrep -x distrain-relay")[0] == 0:
            if time.monotonic() > until:
                raise LabError(f"{host}: an agent of the run that was cut is still there after {timeout:g} s")
            time.sleep(0.2)


def _install(lab: Lab, host: str) -> None:
    packages = "rsync zstd docker-registry" if host == lab.source else "rsync zstd"
    quiet = "DEBIAN_FRONTEND=noninteractive apt-get -qq"
    command = (
        f"{quiet} update {_NO_TRANSLATIONS} && {quiet} install --yes --no-install-recommends {packages} >/dev/null"
    )
    lab.run_on(host, f"dpkg --status {packages} >/dev/null 2>&1 || ({command})")


def _open(lab: Lab, host: str, key: str) -> None:
    lab.run_on(host, "mkdir -p /var/lib/bench /etc/docker")
    lab.put(host, f"{key}\n".encode(), "/etc/ssh/bench_keys")
    words = "AuthorizedKeysFile /etc/ssh/authorized_keys /etc/ssh/bench_keys"
    lab.run_on(host, f"echo '{words}' >/etc/ssh/sshd_config.d/lab.conf && systemctl reload ssh")
    lab.put(host, json.dumps({"insecure-registries": [lab.network]}).encode(), "/etc/docker/daemon.json")
    lab.run_on(host, "systemctl reload docker")


def _script(lab: Lab, name: str, image: Image, hosts: Sequence[str]) -> None:
    words = [image.name, lab.address(lab.source), *map(lab.address, hosts)]
    lab.run_on(lab.source, f"bash /var/lib/bench/{name}.sh {' '.join(words)}", _LIMIT_SECONDS)
