# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a command as the controller of a job, and kill it with all its processes once it has printed a line with a word.

die.py WORD COMMAND...
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys


def main() -> None:
    word, *command = sys.argv[1:]
    said = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if word in line:
                os.killpg(process.pid, signal.SIGKILL)
                print(f"killed after: {line.strip()}")
                return
    raise SystemExit("".join(["It ended before that.\n", *said]))


main()
