# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the command that runs another one as Ansible's become user, by sudo, su or doas, with a password or without.

A password is never an argument: it is the first line of the command's input. sudo and su read it there; doas asks a
terminal only, and gets one that nothing else uses.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

METHODS = ("sudo", "su", "doas")
ROOT = "root"
_SUDO_DEFAULT_FLAGS = "-H -S -n"
# Ours say whether it asks, and where it reads.
_SUDO_INPUT_FLAGS = re.compile(r"^-[A-Za-z]+$")

# The end of what sudo or su may have left unread: a password that it did not ask for.
BEGIN = "distrain: the input begins"
_SKIP = f'until [ "$line" = "{BEGIN}" ]; do IFS= read -r line || exit 1; done; exec "$@"'

# Runs a command with a terminal of its own as the controlling one, and answers the first question there. The command
# keeps the input and the output. Without an exclamation mark, which some login shells expand.
_WITH_TERMINAL = """\
import fcntl, os, select, sys, termios
password = b""
while password[-1:] not in (b"\\n",):
    one = os.read(0, 1)
    if one == b"":
        sys.exit(1)
    password += one
terminal, other = os.openpty()
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(other, termios.TIOCSCTTY, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
end = os.pidfd_open(child)
while True:
    ready = select.select([terminal, end], [], [])[0]
    if end in ready:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.exit(code if code >= 0 else 128 - code)
    asked = os.read(terminal, 4096)
    if password and b":" in asked:
        os.write(terminal, password)
        password = b""
"""


@dataclass(frozen=True)
class Become:
    """What the become plugin of a connection is set to. ``program`` and ``flags`` are empty for its own."""

    method: str
    user: str = ROOT
    program: str = ""
    flags: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_supported(self) -> bool:
        return self.method in METHODS


def become_of(plugin: Any) -> Become | None:
    """Return what a become plugin whose options are set does; None for no plugin."""
    if not plugin:
        return None
    given: Mapping[str, str] = {
        name: str(plugin.get_option(option) or "")
        for name, option in (("program", "become_exe"), ("flags", "become_flags"), ("password", "become_pass"))
    }
    return Become(plugin.name.rpartition(".")[2], plugin.get_option("become_user") or ROOT, **given)


def unattended(become: Become | None, command: Sequence[str]) -> list[str]:
    """Return the argument list that runs a command as the become user, and asks nobody.

    Its input is C(opening), followed by that of the command.
    """
    if become is None:
        return list(command)
    if not become.password:
        return _as_user(become, command, () if become.method == "su" else ("-n",))
    if become.method == "doas":
        return ["python3", "-I", "-c", f"exec({_WITH_TERMINAL!r})", *_as_user(become, command)]
    asking = ("-S", "-p", "") if become.method == "sudo" else ()
    return _as_user(become, ["sh", "-c", _SKIP, "sh", *command], asking)


def at_a_terminal(become: Become | None, command: Sequence[str]) -> list[str]:
    """Return the argument list that runs a command as the become user; a person is asked for a password."""
    return list(command) if become is None else _as_user(become, command)


def opening(become: Become | None) -> bytes:
    """Return what precedes the input of C(unattended)'s command."""
    if become is None or not become.password:
        return b""
    lines = [become.password] if become.method == "doas" else [become.password, BEGIN]
    return "".join(f"{line}\n" for line in lines).encode()


def _as_user(become: Become, command: Sequence[str], more: Sequence[str] = ()) -> list[str]:
    words = [become.program or become.method, *_flags(become), *more]
    if become.method == "su":
        return [*words, become.user, "-c", shlex.join(command)]
    user = [] if become.user == ROOT else ["-u", become.user]
    return [*words, *user, "--", *command]


def _flags(become: Become) -> list[str]:
    """The user's own flags, without those that say how a password is asked for."""
    if become.method != "sudo":
        return [word for word in shlex.split(become.flags) if word != "-n"]
    if become.flags == _SUDO_DEFAULT_FLAGS:
        return []
    words = (word for word in shlex.split(become.flags) if word not in ("--non-interactive", "--stdin"))
    kept = (re.sub("[nS]", "", word) if _SUDO_INPUT_FLAGS.match(word) else word for word in words)
    return [word for word in kept if word != "-"]
