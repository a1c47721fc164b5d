# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a command of the host to its end, with a limit of time.

What runs without Ansible needs it too, and run_command of AnsibleModule has no limit of time.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

QUESTION_SECONDS = 30
# Where the environment has no PATH for root.
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
# The status that a shell and timeout(1) give.
TOO_LATE, NOT_EXECUTABLE, NOT_FOUND = 124, 126, 127


@dataclass(frozen=True)
class Ended:
    """The status of a command and what it has printed; without ``has_run`` both are about why it has not."""

    rc: int
    stdout: str
    stderr: str
    has_run: bool = True


def search_path() -> str:
    """Where commands are looked for, those of root among them."""
    return f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"


def run_command(argv: Sequence[str], seconds: float) -> Ended:
    """Run the command with messages in English, without any input."""
    try:
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            list(argv),
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            env={**os.environ, "PATH": search_path(), "LC_ALL": "C"},
        )
    except FileNotFoundError:
        return Ended(NOT_FOUND, "", f"{argv[0]} is not installed", has_run=False)
    except OSError as error:
        return Ended(NOT_EXECUTABLE, "", f"{argv[0]} cannot be run: {error}", has_run=False)
    except subprocess.TimeoutExpired:
        return Ended(TOO_LATE, "", f"{' '.join(argv[:2])} took longer than {seconds} s", has_run=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def command_output(*argv: str, seconds: float = QUESTION_SECONDS) -> str:
    """The output of a command; empty where it is missing, fails or takes longer."""
    done = run_command(argv, seconds)
    return done.stdout.strip() if done.rc == 0 else ""
