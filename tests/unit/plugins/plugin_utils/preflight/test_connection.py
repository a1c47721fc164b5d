# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a newcomer meets first: hosts that do not answer, each cause with its own words and settings."""

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.choice import FabricSettings
from ansible_collections.distrain.cluster.plugins.plugin_utils.fabric.decision import decide_networks
from ansible_collections.distrain.cluster.plugins.plugin_utils.preflight.connection import (
    find_cause,
    named_hosts,
    open_files_problem,
    reason_of,
    what_was_said,
)
from ansible_collections.distrain.cluster.tests.unit.support.preflight_reports import preflight_findings

SSH = "Task failed: Failed to connect to the host via ssh: "
CHANGED = """Task failed: Failed to connect to the host via ssh: @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Offending ED25519 key in /home/me/.ssh/known_hosts:7
Host key for [192.0.2.1]:22 has changed and you have requested strict checking.
Host key verification failed."""


@pytest.mark.parametrize(
    ("reason", "subject", "said"),
    [
        (
            SSH + "lab@192.0.2.1: Permission denied (publickey).",
            "ansible_user, ansible_ssh_private_key_file",
            "Permission denied (publickey).",
        ),
        (
            SSH + "Warning: Permanently added '192.0.2.1'.\r\nroot@192.0.2.1: Permission denied (publickey,password).",
            "ansible_user, ansible_ssh_private_key_file",
            "Permission denied (publickey,password).",
        ),
        (
            SSH + "no such identity: /home/me/key: No such file or directory\r\nlab@h: Permission denied (publickey).",
            "ansible_ssh_private_key_file",
            "no such identity: /home/me/key: No such file or directory",
        ),
        (
            SSH + "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nlab@h: Permission denied (publickey).",
            "ansible_ssh_private_key_file",
            "WARNING: UNPROTECTED PRIVATE KEY FILE!",
        ),
        (
            CHANGED,
            "known_hosts",
            "Host key verification failed; the host shows another key than /home/me/.ssh/known_hosts:7 has",
        ),
        (
            SSH + "No ED25519 host key is known for h and you have requested strict checking.\nHost key verification "
            "failed.",
            "known_hosts",
            "No ED25519 host key is known for h and you have requested strict checking.",
        ),
        (SSH + "ssh: connect to host 192.0.2.1 port 22: No route to host", "ansible_host", "No route to host"),
        (SSH + "ssh: connect to host h port 22: Connection timed out", "ansible_host", "Connection timed out"),
        (
            SSH + "ssh: connect to host h port 22: Connection refused",
            "ansible_host, ansible_port",
            "Connection refused",
        ),
        (
            SSH + "ssh: Could not resolve hostname gpu-1: Name or service not known",
            "ansible_host",
            "Could not resolve hostname gpu-1: Name or service not known",
        ),
        (
            SSH + "kex_exchange_identification: Connection closed by remote host",
            "ansible_port",
            "kex_exchange_identification: Connection closed by remote host",
        ),
        (
            "Task failed: to use the 'ssh' connection type with passwords or pkcs11_provider, you must install the "
            "sshpass program",
            "ansible_password",
            "to use the 'ssh' connection type with passwords or pkcs11_provider, you must install the sshpass program",
        ),
        (
            "Task failed: Unable to execute ssh command line on a controller: [Errno 2] No such file: b'ssh'",
            "ansible_ssh_executable",
            "Unable to execute ssh command line on a controller: [Errno 2] No such file: b'ssh'",
        ),
        (
            "Task failed: Unable to execute ssh command line on a controller: [Errno 24] Too many open files",
            "ulimit -n",
            "Unable to execute ssh command line on a controller: [Errno 24] Too many open files",
        ),
        (SSH + "words that nobody\nhas foreseen", "ansible_host", "words that nobody has foreseen"),
    ],
)
def test_a_host_that_is_not_reached(reason: str, subject: str, said: str) -> None:
    cause = find_cause(reason, is_unreachable="on a controller" not in reason and "sshpass" not in reason)
    assert (cause.subject, what_was_said(reason, cause)) == (subject, said)


@pytest.mark.parametrize(
    ("reason", "subject"),
    [
        ("/bin/sh: 1: /opt/python: Permission denied", "ansible_become"),
        ("sudo: a password is required", "ansible_become_password"),
        ("Task failed: Missing sudo password", "ansible_become_password"),
        ("Task failed: Incorrect su password", "ansible_become_password"),
        ("Timeout (12s) waiting for privilege escalation prompt: ", "ansible_become_password"),
        ("doas: Operation not permitted", "ansible_become_password"),
        ("/bin/sh: 1: sudo: not found", "ansible_become_method"),
        ("bash: line 1: doas: command not found", "ansible_become_method"),
    ],
)
def test_what_a_host_says_that_was_reached(reason: str, subject: str) -> None:
    assert find_cause(reason, is_unreachable=False).subject == subject


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({}, "no answer"),
        ({"msg": "Task failed: Incorrect su password"}, "Task failed: Incorrect su password"),
        ({"msg": "no JSON", "module_stderr": "sudo: not found", "module_stdout": "x"}, "sudo: not found"),
        (
            {
                "module_stderr": "Shared connection to 192.0.2.1 closed.\r\n",
                "module_stdout": "\r\ndoas: Authentication failed\r\n",
            },
            "doas: Authentication failed",
        ),
        ({"module_stderr": "Connection to gpu-01 closed.", "module_stdout": ""}, "Connection to gpu-01 closed."),
    ],
)
def test_the_reason_of_a_host_without_an_answer(result: dict[str, str], reason: str) -> None:
    assert reason_of(result) == reason


def refused(user: str) -> dict[str, object]:
    return {"unreachable": True, "msg": f"{SSH}{user}@192.0.2.1: Permission denied (publickey)."}


def test_every_host_unreachable_is_one_message_with_the_hosts_and_the_settings() -> None:
    settings = {"ansible_user": "lab", "ansible_ssh_private_key_file": "~/.ssh/other", "ansible_port": 2201}
    hostvars = {
        name: {"fabric_observed": refused("lab"), "ansible_host": f"192.0.2.{number}", **settings}
        for number, name in enumerate(("gpu-01", "gpu-02"), 1)
    }
    observed = {host: refused("lab") for host in hostvars}
    problem = decide_networks(observed, [], FabricSettings())["problem"]
    (finding,) = preflight_findings(hostvars, managers=["gpu-01"], network_problem=problem)
    assert (finding["host"], finding["subject"]) == ("all", "ansible_user, ansible_ssh_private_key_file")
    assert finding["found"] == (
        "not reached: gpu-01 (192.0.2.1 port 2201), gpu-02 (192.0.2.2 port 2201); what was said: Permission denied "
        "(publickey)."
    )
    assert "ansible_user is lab" in finding["remedy"]
    assert finding["remedy"].endswith("Try it: ssh -i ~/.ssh/other -p 2201 lab@192.0.2.1")


def test_each_cause_is_a_finding_of_its_own() -> None:
    down = {"unreachable": True, "msg": SSH + "ssh: connect to host h port 22: No route to host"}
    observed = {"a": refused("x"), "b": down, "c": refused("x"), "d": {"failed": True, "msg": "sudo: no"}}
    hostvars = {name: {"fabric_observed": one} for name, one in observed.items()}
    findings = preflight_findings(hostvars, managers=["a"])
    assert [one["host"] for one in findings] == ["a, c", "b", "d"]


def test_no_choice_without_any_observed_host() -> None:
    problem = decide_networks({"a": refused("lab"), "b": {}}, [], FabricSettings())["problem"]
    assert "No host of the play could be observed (a, b)" in problem
    assert "Permission denied" in problem


def test_a_port_that_is_no_number_is_no_traceback() -> None:
    hostvars = {"a": {"fabric_observed": refused("lab"), "ansible_port": "ssh"}}
    (finding,) = preflight_findings(hostvars, managers=["a"])
    assert "port ssh" in finding["found"]


def test_many_names_are_shortened() -> None:
    assert named_hosts(["a", "b", "c"]) == "a, b, c"
    assert named_hosts(["a", "b", "c", "d"]) == "a, b and 2 more"


@pytest.mark.parametrize(
    ("hosts", "forks", "allowed", "has_problem"),
    [(60, 64, 100, True), (60, 64, 1024, False), (2, 64, 100, False), (64, 64, None, False), (300, 500, 1024, True)],
)
def test_the_files_that_the_controller_may_open(hosts: int, forks: int, allowed: int | None, has_problem: bool) -> None:
    problem = open_files_problem(hosts, forks, allowed)
    assert bool(problem) == has_problem
    assert not problem or "ulimit -n 4096" in problem
