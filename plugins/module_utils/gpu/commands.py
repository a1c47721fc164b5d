# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands of the host that are asked about GPUs, each bounded in time and in what is read of its output."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from typing import IO, Any

from ..host.facts import command_environment
from .listing import MAX_CHARACTERS

NVIDIA_SMI = "nvidia-smi"
LIST = (NVIDIA_SMI, "-L")
# A driver that is stuck answers late or never.
ANSWER_SECONDS = 60
LOG_SECONDS = 20
MAX_LINE = 8192
MAX_LINES = 10_000


def ask(*argv: str, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
    """The exit status and the words of a command; the status is None where it did not run or did not end."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                check=False,
                timeout=seconds,
                env=command_environment(),
            )
        except subprocess.TimeoutExpired:
            return {"rc": None, "said": f"nothing for {seconds:g} s"}
        except OSError as error:
            return {"rc": None, "said": error.strerror or str(error)}
        # What is said of an error never stands inside a listing.
        said = "".join(_text(one) for one in (output, errors))
        return {"rc": done.returncode, "said": said.strip()}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MAX_CHARACTERS + 1).decode(errors="replace")


def ask_nvidia_smi() -> dict[str, Any]:
    """The exit status and the words of C(nvidia-smi -L)."""
    return ask(*LIST)


def lines_with(needle: str, argv: Sequence[str], seconds: float = LOG_SECONDS) -> tuple[list[str], bool]:
    """The newest lines of a command's output that hold a text, and whether it printed anything and ended well."""
    found: deque[str] = deque(maxlen=MAX_LINES)
    has_printed = False
    try:
        with subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=command_environment(),
        ) as process:
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            while line := process.stdout.readline(MAX_LINE) if process.stdout else b"":
                has_printed = True
                text = line.decode(errors="replace")
                if needle in text:
                    found.append(text)
            code = process.wait()
            timer.cancel()
    except OSError:
        return [], False
    return list(found), has_printed and code == 0
