# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.become import Become
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import (
    SshTarget,
    ssh_command,
    ssh_target_of,
    terminal_command,
)

FIXED = [
    "-T",
    *("-o", "BatchMode=yes", "-o", "Compression=no", "-o", "ControlMaster=no", "-o", "ControlPath=none"),
    *("-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=6"),
]
DOCKER_SAVE = ["docker", "save", "team/trainer:1"]


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({}, ["--", "gpu-01"]),
        ({"host": "192.0.2.1"}, ["--", "192.0.2.1"]),
        ({"host": "-oProxyCommand=x"}, ["--", "-oProxyCommand=x"]),
        ({"port": 2222, "remote_user": "ops"}, ["-p", "2222", "-l", "ops", "--", "gpu-01"]),
        ({"private_key_file": "/keys/a b"}, ["-i", "/keys/a b", "--", "gpu-01"]),
        ({"timeout": 10}, ["-o", "ConnectTimeout=10", "--", "gpu-01"]),
        (
            {"ssh_args": "-C -o ControlMaster=auto", "ssh_common_args": "-o 'ProxyCommand=ssh -W %h:%p jump'"},
            ["-o", "ControlMaster=auto", "-o", "ProxyCommand=ssh -W %h:%p jump", "--", "gpu-01"],
        ),
        ({"ssh_extra_args": "-F /etc/ours"}, ["-F", "/etc/ours", "--", "gpu-01"]),
        ({"port": None, "remote_user": "", "ssh_args": None}, ["--", "gpu-01"]),
    ],
)
def test_options(options: dict[str, Any], arguments: list[str]) -> None:
    command = ssh_command(SshTarget("gpu-01", "ssh", options), DOCKER_SAVE)
    assert command == ["ssh", *FIXED, *arguments, "docker save team/trainer:1"]


@pytest.mark.parametrize(
    ("become", "remote"),
    [
        (None, "docker save team/trainer:1"),
        (Become("sudo"), "sudo -n -- docker save team/trainer:1"),
        (Become("sudo", "docker"), "sudo -n -u docker -- docker save team/trainer:1"),
        (Become("su"), "su root -c 'docker save team/trainer:1'"),
    ],
)
def test_become(become: Become | None, remote: str) -> None:
    assert ssh_command(SshTarget("gpu-01", "ssh", {}, become), DOCKER_SAVE)[-1] == remote


@pytest.mark.parametrize(
    ("target", "command"),
    [
        (SshTarget("gpu-01", "ssh"), ["ssh", "-t", "--", "gpu-01", "docker ps"]),
        (
            SshTarget(
                "gpu-01",
                "ssh",
                {"host": "192.0.2.1", "port": 22001, "remote_user": "lab", "timeout": 10},
                Become("sudo"),
            ),
            ["ssh", "-t", "-p", "22001", "-l", "lab", "--", "192.0.2.1", "sudo -- docker ps"],
        ),
        (
            SshTarget(
                "gpu-01", "ssh", {"ssh_args": "-C -o ControlMaster=auto -o ControlPersist=60s"}, Become("sudo", "ops")
            ),
            ["ssh", "-t", "--", "gpu-01", "sudo -u ops -- docker ps"],
        ),
        (
            SshTarget("gpu-01", "ssh", {"ssh_args": "-J jump", "ssh_common_args": "-o 'UserKnownHostsFile=/a b'"}),
            ["ssh", "-t", "-J", "jump", "-o", "UserKnownHostsFile=/a b", "--", "gpu-01", "docker ps"],
        ),
        (SshTarget("gpu-01", "local", {}, Become("sudo", password="s")), ["sudo", "--", "docker", "ps"]),
    ],
)
def test_the_command_for_a_terminal(target: SshTarget, command: list[str]) -> None:
    assert terminal_command(target, ["docker", "ps"]) == command


@pytest.mark.parametrize("target", [SshTarget("gpu-01", "winrm"), SshTarget("gpu-01", "ssh", {}, Become("pbrun"))])
def test_a_terminal_that_cannot_be_had_is_reported(target: SshTarget) -> None:
    with pytest.raises(ClusterError, match=r"gpu-01 is reached by .* Run this on it yourself: docker ps"):
        terminal_command(target, ["docker", "ps"])


def test_words_for_the_remote_shell_are_quoted() -> None:
    assert ssh_command(SshTarget("gpu-01", "ssh"), ["docker", "save", "a; reboot"])[-1] == "docker save 'a; reboot'"


@pytest.mark.parametrize(
    ("reach", "message"),
    [
        (SshTarget("gpu-01", "local"), "gpu-01 is reached by the connection 'local', but images travel by ssh only"),
        (
            SshTarget("gpu-01", "ssh", {}, Become("pbrun")),
            "gpu-01 uses the become method 'pbrun', but images travel with sudo, su, doas only",
        ),
    ],
)
def test_refuses_other_ways(reach: SshTarget, message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        ssh_command(reach, DOCKER_SAVE)


class Plugin:
    """As much of a connection or become plugin as is read."""

    def __init__(self, name: str, options: dict[str, Any], become: Plugin | None = None) -> None:
        self._load_name = self.name = name
        self._options = options
        self.become = become

    def get_option(self, name: str) -> Any:
        return self._options.get(name)


@pytest.mark.parametrize(
    ("plugin", "become"),
    [
        (Plugin("ssh", {"port": 22}), None),
        (Plugin("ansible.builtin.ssh", {"port": 22}, Plugin("ansible.builtin.sudo", {})), Become("sudo")),
        (Plugin("ssh", {"port": 22}, Plugin("sudo", {"become_user": "ops"})), Become("sudo", "ops")),
        (
            Plugin(
                "ssh", {"port": 22}, Plugin("community.general.doas", {"become_exe": "/bin/doas", "become_pass": "s"})
            ),
            Become("doas", program="/bin/doas", password="s"),
        ),
    ],
)
def test_the_target_is_read_off_the_connection(plugin: Plugin, become: Become | None) -> None:
    target = ssh_target_of("gpu-01", plugin)
    assert (target.connection, target.become, target.has_password) == ("ssh", become, False)
    assert target.options["port"] == 22


def test_a_password_is_not_shown() -> None:
    connection = Plugin("ssh", {"password": "hidden"}, Plugin("su", {"become_pass": "hidden"}))
    target = ssh_target_of("gpu-01", connection)
    assert target.has_password
    assert "hidden" not in f"{target!r} {ssh_command(target, DOCKER_SAVE)}"
