# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.become import (
    BEGIN,
    Become,
    at_a_terminal,
    opening,
    unattended,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.remote_agent import explained
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.ssh import SshTarget

PASSWORD = "s3cret: $(x) '\""
ID = ["id", "-u"]
# What each program does with a password, as far as input and output are concerned.
ASKS_ITS_INPUT = """\
printf 'Password: ' >&2
IFS= read -r given
[ "$given" = "$EXPECTED" ] || { echo 'Authentication failure' >&2; exit 1; }
"""
ASKS_NOBODY = ""
ASKS_THE_TERMINAL = f"""\
{sys.executable} -c '
import os, sys, termios
terminal = os.open("/dev/tty", os.O_RDWR)
modes = termios.tcgetattr(terminal)
modes[3] &= ~termios.ECHO
termios.tcsetattr(terminal, termios.TCSAFLUSH, modes)
os.write(terminal, b"doas (lab@gpu-01) password: ")
given = os.read(terminal, 100).decode()
sys.exit("doas: Authentication failed" if given != os.environ["EXPECTED"] + chr(10) else 0)
' </dev/null || exit 1
"""
# They come to the command that is to be run.
AFTER = {
    "sudo": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "doas": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "su": 'while [ "$1" != -c ]; do shift; done; exec sh -c "$2"',
}


@pytest.mark.parametrize(
    ("become", "command"),
    [
        (None, ID),
        (Become("sudo", flags="-H -S -n"), ["sudo", "-n", "--", *ID]),
        (
            Become("sudo", "ops", "/opt/sudo", "-Hin -r role"),
            ["/opt/sudo", "-Hi", "-r", "role", "-n", "-u", "ops", "--", *ID],
        ),
        (Become("su", flags="-"), ["su", "-", "root", "-c", "id -u"]),
        (Become("doas", "ops"), ["doas", "-n", "-u", "ops", "--", *ID]),
    ],
)
def test_without_a_password(become: Become | None, command: list[str]) -> None:
    assert unattended(become, ID) == command
    assert opening(become) == b""


@pytest.mark.parametrize(
    ("become", "command"),
    [
        (None, ID),
        (Become("sudo", flags="-H -S -n"), ["sudo", "--", *ID]),
        (Become("su", "ops"), ["su", "ops", "-c", "id -u"]),
        (Become("doas", password=PASSWORD), ["doas", "--", *ID]),
    ],
)
def test_at_a_terminal(become: Become | None, command: list[str]) -> None:
    assert at_a_terminal(become, ID) == command


@pytest.mark.parametrize("method", ["sudo", "su", "doas"])
@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("expected", [PASSWORD, "another one"])
def test_the_command_gets_its_own_input_alone(tmp_path: Path, method: str, asks: bool, expected: str) -> None:
    asking = ASKS_THE_TERMINAL if method == "doas" else ASKS_ITS_INPUT
    program = tmp_path / method
    program.write_text(f"#!/bin/sh\n{asking if asks else ASKS_NOBODY}{AFTER[method]}\n")
    program.chmod(0o755)
    become = Become(method, program=str(program), password=PASSWORD)
    binary = bytes(range(256)) * 1000
    command = unattended(become, ["sh", "-c", "cat; echo 'to the side' >&2; exit 7"])
    done = subprocess.run(
        command,
        input=opening(become) + binary,
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, "EXPECTED": expected},
    )
    assert PASSWORD not in " ".join(command)
    assert PASSWORD.encode() not in done.stdout + done.stderr
    if asks and expected != PASSWORD:
        assert done.returncode == 1
        assert b"uthentication fail" in done.stderr
    else:
        assert (done.returncode, done.stdout) == (7, binary)
        assert b"to the side" in done.stderr


def test_the_end_of_the_input_ends_it() -> None:
    skip = unattended(Become("sudo", password="s"), ID)[7]
    done = subprocess.run(["sh", "-c", skip, "sh", *ID], input=b"s\n", timeout=10, check=False)
    assert done.returncode == 1
    assert opening(Become("sudo", password="s")) == f"s\n{BEGIN}\n".encode()


@pytest.mark.parametrize(
    ("become", "has_password", "said", "explanation"),
    [
        (None, True, "lab@gpu-01: Permission denied (publickey,password).", "set ansible_ssh_private_key_file"),
        (None, False, "lab@gpu-01: Permission denied (publickey).", ""),
        (Become("sudo"), False, "sudo: a password is required", "become root by sudo: set ansible_become_password"),
        (Become("su"), False, "Password: su: Authentication failure", "or run with --ask-become-pass"),
        (Become("doas", password="s"), False, "doas: Authentication failed", "correct ansible_become_password"),
        (Become("doas"), False, "doas: Operation not permitted", "become root by doas"),
        (Become("sudo"), False, "Connection closed by remote host", ""),
    ],
)
def test_what_was_said_is_explained(become: Become | None, has_password: bool, said: str, explanation: str) -> None:
    result = explained(SshTarget("gpu-01", "ssh", {}, become, has_password), said)
    if explanation:
        assert said.rstrip(".") in result
        assert "gpu-01" in result
        assert explanation in result
    else:
        assert result == said
