# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait, before the engine of a worker starts, until the gossip of a manager answers, or until the time is over.

    wait_for_manager.py [--seconds SECONDS]

An engine that is a moment faster than its manager tries to join the gossip once, next after 60 seconds, and learns the
addresses of the other hosts' containers up to 60 seconds after that.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

GOSSIP_PORT = 7946
DATA_DIRECTORY = Path("/var/lib/docker")
DAEMON_FILE = Path("/etc/docker/daemon.json")
# A manager that has just started answers before it has read which addresses are taken, and may hand one out twice.
SETTLE_SECONDS = 5.0


def managers(data_directory: Path) -> list[str]:
    """The addresses of the managers that this node knew when its engine last ran; none where it is no node."""
    try:
        peers = json.loads((data_directory / "swarm/state.json").read_text())
        return [peer["addr"].rpartition(":")[0].strip("[]") for peer in peers]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def data_directory(daemon_file: Path) -> Path:
    try:
        return Path(json.loads(daemon_file.read_text()).get("data-root") or DATA_DIRECTORY)
    except (OSError, ValueError, AttributeError):
        return DATA_DIRECTORY


def answers(address: str) -> bool:
    try:
        with socket.create_connection((address, GOSSIP_PORT), timeout=1):
            return True
    except OSError:
        return False


def wait(
    addresses: Sequence[str],
    limit: float,
    is_there: Callable[[str], bool] = answers,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait until one of the managers answers; False after ``limit`` seconds."""
    deadline = clock() + limit
    had_to_wait = False
    while not any(is_there(address) for address in addresses):
        if clock() >= deadline:
            return False
        sleep(0.5)
        had_to_wait = True
    if had_to_wait:
        sleep(max(0.0, min(SETTLE_SECONDS, deadline - clock())))
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    limit = parser.parse_args().seconds
    addresses = managers(data_directory(DAEMON_FILE))
    if addresses and not wait(addresses, limit):
        sys.stdout.write(
            f"No manager answered within {limit:g} s ({', '.join(addresses)}): the engine starts without.\n"
        )


if __name__ == "__main__":
    main()
