# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare the states that a rank has printed with those of a training that was never cut.

curve.py LOG RANK
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_STEP = re.compile(r"has made step (\d+) with state (\d+)")


def main() -> None:
    log, rank = Path(sys.argv[1]), int(sys.argv[2])
    printed = [(int(step), int(state)) for step, state in _STEP.findall(log.read_text(encoding="utf-8"))]
    expected, value = {}, 1
    for step in range(1, max(step for step, _state in printed) + 1):
        value = (value * 31 + step + rank) % 1_000_003
        expected[step] = value
    wrong = [step for step, state in printed if expected[step] != state]
    if wrong:
        raise SystemExit(f"rank {rank} has other states at steps {wrong[:5]}")
    print(f"rank {rank}: steps {printed[0][0]} to {printed[-1][0]} as if never cut")


main()
